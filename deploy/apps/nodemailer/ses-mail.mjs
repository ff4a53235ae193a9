// Sends mail with Nodemailer through Amazon SES with the credential in a secret, and goes on when that is rotated.
//
//   const mail = new SesMail({ secretId: "the secret's name or ARN" })
//   await mail.send({ from, to, subject, text })
//
// An ARN is read in its own Region, and a name in the program's. It needs secretsmanager:GetSecretValue on the secret. One SesMail serves
// a whole program.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createTransport } from 'nodemailer'

const implicitTlsPorts = [465, 2465] // on all others, SES starts in the clear and changes over with STARTTLS

const arn = /^arn:(aws[a-z-]*):secretsmanager:([a-z]+(?:-[a-z]+)+-\d+):\d{12}:secret:[\w/+=.@!-]+$/

// A Region that begins with one of these is in a partition of its own, with credentials of its own.
const partitionOf = (region) => region.match(/^(cn|eusc|us-gov|us-iso[a-z]*|eu-iso[a-z]*)-/)?.[1]

// The Region in a secret's ARN, and nothing for what is none.
function regionOf(secretId) {
  const [, partition, region] = arn.exec(secretId) ?? []
  return region && (partition === 'aws') === !partitionOf(region) ? region : undefined
}

// A client of the Region in a secret's ARN, because none follows an ARN to another Region. A name is one in the program's Region.
async function clientFor(secretId) {
  const own = new SecretsManagerClient()
  if (!secretId.includes(':')) return own
  const region = regionOf(secretId)
  const ours = await own.config.region().catch(() => region) // none is set
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
  #due = 0 // when it is to be read again
  #reading // the read that is under way, for all who want one

  // A client of your own is used as it is.
  constructor({ secretId, client, refreshEvery = 5 * 60_000 }) {
    if (secretId.includes(':') && !regionOf(secretId)) { // it isn't told: it may be a password that came into the wrong field
      throw new Error("the secret's ID has a colon and isn't the ARN of a secret; wanted is its name, or its ARN, " +
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
      if (error.responseCode !== 535) throw error // nothing of this mail has been sent if it is
      const fresh = await this.#after(transport)
      if (fresh === transport) throw error
      return fresh.sendMail(message)
    }
  }

  // While Secrets Manager can't be asked, the last value serves on.
  async #current() {
    if (!this.#transport) return this.#read()
    if (Date.now() >= this.#due) {
      this.#due = Date.now() + 10_000
      this.#read().catch((error) => console.warn('the SMTP credential cannot be read; the last one serves on:', error.message))
    }
    return this.#transport
  }

  // What there is now that SES has refused a transport's credential.
  async #after(transport) {
    if (this.#transport !== transport) return this.#transport // somebody else has read it again
    await this.#reading?.catch(() => {}) // which may have begun before SES refused it
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
    const port = Number(value.port) // people write it in quotes
    if (!username || !password || !host || !port) throw new Error(`the secret ${this.#secretId} has no SMTP credential yet`)
    this.#due = Date.now() + this.#refreshEvery * (0.9 + 0.2 * Math.random())
    const auth = { user: username, pass: password }
    const old = this.#transport?.options
    if (old && old.auth.user === username && old.auth.pass === password && old.host === host && old.port === port) return this.#transport
    // Each mail has a connection of its own. The name is for EHLO: Nodemailer takes the machine's, which may not be ASCII.
    this.#transport = createTransport({ host, port, secure: implicitTlsPorts.includes(port), requireTLS: true, name: 'localhost', auth })
    return this.#transport
  }
}
