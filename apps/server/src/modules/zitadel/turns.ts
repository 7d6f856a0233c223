import { newId, Problem, systemCtx, type Tx } from '../../platform/index.ts'
import type { Deps } from './deps.ts'

const heldMs = 20_000
const renewEveryMs = 5_000
const lookEveryMs = 150
/** Longer than one turn takes when Zitadel is slow, shorter than whoever asks is willing to wait. */
const waitMaxMs = 30_000

const turnRepository = ({ sql }: Tx) => ({
  /** False while somebody else holds it. */
  async take(subject: string, holder: string, at: Date): Promise<boolean> {
    const row = { holder, held_until: new Date(at.getTime() + heldMs) }
    const taken = sql
      .insertInto('zitadel_turns')
      .values({ subject, ...row })
      .onConflict((on) =>
        on
          .column('subject')
          .doUpdateSet(row)
          .where((e) => e.or([e('zitadel_turns.held_until', '<', at), e('zitadel_turns.holder', '=', holder)])),
      )
    return (await taken.executeTakeFirst()).numInsertedOrUpdatedRows === 1n
  },
  async leave(subject: string, holder: string): Promise<void> {
    await sql.deleteFrom('zitadel_turns').where('subject', '=', subject).where('holder', '=', holder).execute()
  },
})

/** Does the work while nobody else, in this process or another, works at the same subject. */
export const inTurn = async <T>(
  { db, now, sleep, log }: Pick<Deps, 'db' | 'now' | 'sleep' | 'log'>,
  subject: string,
  work: () => Promise<T>,
): Promise<T> => {
  const holder = newId('zturn', now())
  const turns = <R>(act: (repository: ReturnType<typeof turnRepository>) => Promise<R>) =>
    db.platform(systemCtx('zitadel'), (tx) => act(turnRepository(tx)))
  const take = () => turns((repository) => repository.take(subject, holder, now()))
  const end = now().getTime() + waitMaxMs
  while (!(await take())) {
    if (now().getTime() >= end)
      throw new Problem(
        'zitadel.failed',
        'Others have been changing the role keys of this person for half a minute. Try again.',
      )
    await sleep(lookEveryMs)
  }
  const renewing = setInterval(() => {
    take().catch((error: unknown) => log.warn({ err: error, subject }, 'turn at Zitadel not renewed'))
  }, renewEveryMs)
  try {
    return await work()
  } finally {
    clearInterval(renewing)
    await turns((repository) => repository.leave(subject, holder)).catch((error: unknown) =>
      log.warn({ err: error, subject }, 'turn at Zitadel not given back; it ends by the clock'),
    )
  }
}
