/**
 * Letters to people by e-mail, and the server that sends them. Owns mail_settings, mail_messages and, with the events they
 * tell of, event_notes; emits mail.*. Nobody waits for a letter: what people do is done whether or not one can be sent.
 */
export type { Failure, MailServerOf, Outcome, SendLetter } from './port.ts'
export { mailHandlers } from './routes.ts'
export { createMail, type Mail, type MailDeps } from './service.ts'
