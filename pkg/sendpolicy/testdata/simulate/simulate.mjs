// Asks an evaluator of IAM policies that isn't ours, for all questions at once:
//
//   node simulate.mjs NODE_MODULES <questions >answers
//
// Questions are [{policy, ownerPolicy, request}], where ownerPolicy is the resource's own, if it has one, or [{policies, boundary,
// request}], where boundary is the user's, if it has one. Answers are in the same order: [{decision, ignored}], where ignored are
// the request's condition keys that the action doesn't have, or [{error}].
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
