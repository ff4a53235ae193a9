// Sends mail with Nodemailer through Amazon SES with the credential in a secret, and goes on when that is rotated.
//
//   const mail = new SesMail({ secretId: "the secret's name or ARN" })
//   await mail.send({ from, to, subject, text })
//
// It needs secretsmanager:GetSecretValue on the secret. One SesMail serves a whole program.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createTransport } from 'nodemailer'

const implicitTlsPorts = [465, 2465] // on all others, SES starts in the clear and changes over with STARTTLS

export class SesMail {
  #secretId
  #client
  #refreshEvery
  #transport // for the value that was read last
  #due = 0 // when it is to be read again
  #reading // the read that is under way, for all who want one

  constructor({ secretId, client = new SecretsManagerClient(), refreshEvery = 5 * 60_000 }) {
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
    const { username, password, host, port } = JSON.parse((await this.#client.send(command)).SecretString)
    if (!username || !password || !host || !port) throw new Error(`the secret ${this.#secretId} has no SMTP credential yet`)
    this.#due = Date.now() + this.#refreshEvery * (0.9 + 0.2 * Math.random())
    const auth = { user: username, pass: password }
    const old = this.#transport?.options
    if (old && old.auth.user === username && old.auth.pass === password && old.host === host && old.port === port) return this.#transport
    this.#transport = createTransport({ host, port, secure: implicitTlsPorts.includes(port), requireTLS: true, auth })
    return this.#transport
  }
}
