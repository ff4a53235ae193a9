// Asks an independent evaluator of IAM policies, with all questions at once:
//
//   node simulate.mjs NODE_MODULES <questions >answers
//
// A question is {policy, ownerPolicy, request}, where ownerPolicy is the resource's own policy, if it has one; or {policies,
// boundary, request}, where boundary is the user's, if it has one. The answers are in the same order: {decision, ignored}, where
// ignored lists the request's condition keys that the action doesn't have, or {error}.
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { json } from 'node:stream/consumers'

const { runSimulation } = createRequire(resolve(process.argv[2]) + '/')('@cloud-copilot/iam-simulate')

async function ask({ policy, policies = [policy], boundary, ownerPolicy, request }) {
  const response = await runSimulation(
    {
      request,
      identityPolicies: policies.map((policy, i) => ({ name: `policy${i}`, policy })),
      permissionBoundaryPolicies: boundary && [{ name: 'boundary', policy: boundary }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: ownerPolicy
    },
    { simulationMode: 'Strict' }
  )
  if (response.resultType !== 'single') {
    return { error: JSON.stringify(response.errors ?? response.resultType) }
  }
  return { decision: response.overallResult, ignored: response.result.ignoredContextKeys }
}

const answers = []
for (const question of await json(process.stdin)) {
  answers.push(await ask(question))
}
process.stdout.write(JSON.stringify(answers))
