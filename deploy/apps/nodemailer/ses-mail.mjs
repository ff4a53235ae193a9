// Sends mail with Nodemailer through Amazon SES with the credential in a secret, and goes on when it is rotated.
//
//   const mail = new SesMail({ secretId: "the secret's name or ARN" })
//   await mail.send({ from, to, subject, text })
//
// An ARN is read in its own Region, and a name in the program's. It needs
// secretsmanager:GetSecretValue on the secret. One SesMail is enough for a program.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createTransport } from 'nodemailer'

const implicitTlsPorts = [465, 2465] // on all others, SES starts in the clear and switches to TLS with STARTTLS

const arn = /^arn:(aws[a-z-]*):secretsmanager:([a-z]+(?:-[a-z]+)+-\d+):\d{12}:secret:[\w/+=.@!-]+$/

// Regions with these prefixes are in partitions with credentials of their own.
const partitionOf = (region) => region.match(/^(cn|eusc|us-gov|us-iso[a-z]*|eu-iso[a-z]*)-/)?.[1]

// Returns the Region in a secret's ARN, or undefined for anything else.
function regionOf(secretId) {
  const [, partition, region] = arn.exec(secretId) ?? []
  return region && (partition === 'aws') === !partitionOf(region) ? region : undefined
}

// Returns a client for the Region in a secret's ARN, because no client follows an ARN to another
// Region. A name is looked up in the program's Region.
async function clientFor(secretId) {
  const own = new SecretsManagerClient()
  if (!secretId.includes(':')) return own
  const region = regionOf(secretId)
  const ours = await own.config.region().catch(() => region) // the program has none
  if (partitionOf(ours) !== partitionOf(region)) {
    throw new Error(`the secret's ARN is of Region ${region}, in another partition of AWS than this program's Region ${ours}`)
  }
  return new SecretsManagerClient({ region })
}

export class SesMail {
  #secretId
  #client
  #refreshEvery
  #transport // for the value that was read last
  #due = 0 // when to read it again
  #reading // the current read, shared by all who wait for it

  // A client that you pass is used unchanged.
  constructor({ secretId, client, refreshEvery = 5 * 60_000 }) {
    if (secretId.includes(':') && !regionOf(secretId)) { // not quoted: it may be a password in the wrong field
      throw new Error("the secret's ID has a colon but isn't the ARN of a secret; give its name or its ARN, " +
        'such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf')
    }
    this.#secretId = secretId
    this.#client = client
    this.#refreshEvery = refreshEvery
  }

  async send(message) {
    const transport = await this.#current()
    try {
      return await transport.sendMail(message)
    } catch (error) {
      if (error.responseCode !== 535) throw error // if it is 535, nothing of this mail has been sent
      const fresh = await this.#after(transport)
      if (fresh === transport) throw error
      return fresh.sendMail(message)
    }
  }

  // If Secrets Manager fails, the last value stays in use.
  async #current() {
    if (!this.#transport) return this.#read()
    if (Date.now() >= this.#due) {
      this.#due = Date.now() + 10_000
      this.#read().catch((error) => console.warn('cannot read the SMTP credential; still using the last one:', error.message))
    }
    return this.#transport
  }

  // Returns the transport to use after SES refused this one's credential.
  async #after(transport) {
    if (this.#transport !== transport) return this.#transport // another call has already read it again
    await this.#reading?.catch(() => {}) // that read may have begun before SES refused the credential
    return this.#transport !== transport ? this.#transport : this.#read()
  }

  #read() {
    this.#reading ??= this.#get().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #get() {
    const command = new GetSecretValueCommand({ SecretId: this.#secretId, VersionStage: 'AWSCURRENT' })
    this.#client ??= await clientFor(this.#secretId)
    const value = JSON.parse((await this.#client.send(command)).SecretString)
    const { username, password, host } = value
    const port = Number(value.port) // people write it as a string
    if (!username || !password || !host || !port) throw new Error(`the secret ${this.#secretId} has no SMTP credential yet`)
    this.#due = Date.now() + this.#refreshEvery * (0.9 + 0.2 * Math.random())
    const auth = { user: username, pass: password }
    const old = this.#transport?.options
    if (old && old.auth.user === username && old.auth.pass === password && old.host === host && old.port === port) return this.#transport
    // Each mail has its own connection. The name is for EHLO: Nodemailer takes the machine's, which may
    // not be ASCII.
    this.#transport = createTransport({ host, port, secure: implicitTlsPorts.includes(port), requireTLS: true, name: 'localhost', auth })
    return this.#transport
  }
}
