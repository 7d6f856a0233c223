import type { MailKind } from '@cockpit/contract/mail'
import type { Permission } from '@cockpit/contract/permissions'
import type { Tx } from '../../platform/index.ts'
import type { Letter } from './letter.ts'
import {
  breakGlassLetter,
  credentialLetter,
  impersonationLetter,
  lockedLetter,
  newDeviceLetter,
  roleDecidedLetter,
  roleRequestLetter,
  signInChangedLetter,
  signInChanges,
} from './letters.ts'
import type { NewMessage } from './messages.ts'
import { type NotedEvent, noteRepository } from './notes-repository.ts'
import type { Addressee, People } from './port.ts'

/** Whoever comes back from a long week-end still learns of it. */
const tellsForMs = 3 * 24 * 60 * 60_000
const addresseesMax = 50

type Asked = { tx: Tx; event: NotedEvent; people: People; publicUrl: string }
type Rule = (asked: Asked) => Promise<NewMessage[]>

const toEach = (
  { event }: Asked,
  kind: MailKind,
  addressees: readonly (Addressee | null)[],
  letterFor: (to: Addressee) => Letter,
): NewMessage[] =>
  addressees
    .flatMap((to) => to ?? [])
    .slice(0, addresseesMax)
    .map((to) => ({
      ...{ kind, to: to.email, letter: letterFor(to), about: event.event_id, isSecret: false },
      expiresAt: new Date(event.at.getTime() + tellsForMs),
    }))

/** Whoever can do something about it. */
const able = ({ tx, event, people }: Asked, permission: Permission, max = addresseesMax): Promise<Addressee[]> =>
  people.able(tx, { accountId: event.account_id, permission, max })

/** Whom an event concerns, and what they are told. */
const rules: Readonly<Record<string, Rule>> = {
  'break_glass.opened': async (asked) =>
    toEach(asked, 'break_glass', await able(asked, 'access.write'), (to) => breakGlassLetter(to, asked)),

  'client_credential.created': async (asked) =>
    toEach(asked, 'client_credential', await able(asked, 'directory.write'), (to) => credentialLetter(to, asked)),

  'impersonation.started': async (asked) =>
    toEach(asked, 'impersonation', [await asked.people.person(asked.tx, asked.event.subject.id)], (to) =>
      impersonationLetter(to, asked),
    ),

  'role_request.created': async (asked) => {
    // one more than are told, as whoever asks may be among them
    const deciding = await able(asked, 'access.approve', addresseesMax + 1)
    const others = deciding.filter(({ id }) => id !== asked.event.actor.id)
    return toEach(asked, 'role_request', others, (to) => roleRequestLetter(to, asked))
  },
  'role_request.approved': (asked) => decided(asked, 'approved'),
  'role_request.refused': (asked) => decided(asked, 'refused'),

  'session.created': async (asked) => {
    const arrival = await asked.people.arrival(asked.tx, asked.event.subject.id)
    if (!arrival) return []
    const { person } = arrival
    const recovered = arrival.byRecoveryCode
      ? toEach(asked, 'sign_in_changed', [person], (to) => signInChangedLetter(to, asked, signInChanges.recovery_used))
      : []
    if (!arrival.isNewDevice) return recovered
    return [...recovered, ...toEach(asked, 'sign_in', [person], (to) => newDeviceLetter(to, asked, arrival.device))]
  },

  'user.locked': async (asked) =>
    toEach(asked, 'locked_out', [await asked.people.person(asked.tx, asked.event.subject.id)], (to) =>
      lockedLetter(to, asked),
    ),

  ...Object.fromEntries(
    (
      [
        'factors_reset',
        'passkey_added',
        'passkey_removed',
        'password_changed',
        'recovery_codes_renewed',
        'totp_added',
        'totp_removed',
      ] as const
    ).map((change): [string, Rule] => [
      `user.${change}`,
      async (asked) =>
        toEach(asked, 'sign_in_changed', [await asked.people.person(asked.tx, asked.event.subject.id)], (to) =>
          signInChangedLetter(to, asked, signInChanges[change]),
        ),
    ]),
  ),
}

export const eventsWithLetters: readonly string[] = Object.keys(rules)

const decided = async (asked: Asked, verdict: 'approved' | 'refused'): Promise<NewMessage[]> => {
  const askerId = await noteRepository(asked.tx).askerOf(asked.event)
  const asker = askerId === null ? null : await asked.people.person(asked.tx, askerId)
  return toEach(asked, 'role_request', [asker], (to) => roleDecidedLetter(to, asked, verdict))
}

/** The letters that an event asks for. */
export const lettersAbout = async (asked: Asked): Promise<NewMessage[]> =>
  (await rules[asked.event.name]?.(asked)) ?? []
