/** Addresses of what is kept for callers: who asks is found out as for a call, and told in the words of the dialect. */

import type { Owner } from '@cockpit/contract/stored-calls'
import { sendRefusal } from '../answer.ts'
import { Call } from '../call.ts'
import type { Calls } from '../calls.ts'
import { type CallerDialectId, Untranslatable } from '../dialects/index.ts'
import { shutOut } from '../holder.ts'
import type { CallRequest, CallResponse } from '../lane/index.ts'
import type { Pipeline } from '../pipeline.ts'
import { isRefusal, type Refusal, refusal, refusalOf } from '../refusal.ts'
import { ownerOf } from './owner.ts'

export type Asked = {
  call: Call
  owner: Owner
  /** The first part of the address that varies; empty where none does. */
  id: string
  query: URLSearchParams
}
export type StoredRoute = {
  /** Null where its callers are told apart by the version they send. */
  dialect: CallerDialectId | null
  method: 'GET' | 'POST' | 'DELETE'
  path: RegExp
  /** Whoever throws a refusal has it told. */
  answer(asked: Asked): Promise<void>
}

type Deps = {
  routes: readonly StoredRoute[]
  pipeline: Pick<Pipeline, 'admit' | 'refuse'>
  calls: Calls
  now: () => number
  newId: () => string
  onBug: (call: Call, error: unknown) => void
}

export const createStoredEdge = ({ routes, pipeline, calls, now, newId, onBug }: Deps) => {
  const done = (call: Call) => {
    call.finished = true
    calls.done(call)
  }

  const serve = (call: Call, route: StoredRoute, id: string) => {
    const owner = ownerOf(call)
    const { account, holder } = call
    if (!owner || !account || !holder) return pipeline.refuse(call, refusal('auth.required', 'Send your key.'))
    // calls of models learn it from their plan, and these have none
    const denial = shutOut(call, now())
    if (denial) return pipeline.refuse(call, refusalOf(denial))
    const query = new URLSearchParams(call.search)
    route
      .answer({ call, owner, id, query })
      .then(() => done(call))
      .catch((error: unknown) => {
        const refused = refusalIn(error)
        // whoever has gone away needs no answer, and what they broke off is no bug
        if (!refused && !call.gone) return onBug(call, error)
        if (refused) sendRefusal(call, refused)
        done(call)
      })
  }

  /** Takes a request to one of its addresses; false leaves it untouched. */
  return (req: CallRequest, res: CallResponse, { path, search }: { path: string; search: string }): boolean => {
    const here = routes.filter((route) => route.path.test(path))
    const [first] = here
    if (!first) return false
    const route = here.find(({ method }) => method === req.method)
    const versioned = req.headers['anthropic-version'] === undefined ? 'openai' : 'anthropic'
    const dialect = (route ?? first).dialect ?? versioned
    const call = new Call({ id: newId(), req, res, dialect, operation: 'chat', search, at: now() })
    calls.add(call)
    res.on('close', () => {
      call.gone = true
    })
    const allowed = here.map(({ method }) => method).join(' or ')
    if (!route) pipeline.refuse(call, refusal('method.not_allowed', `Use ${allowed} for ${path}.`))
    else pipeline.admit(call, () => serve(call, route, decoded(route.path.exec(path)?.[1] ?? '')))
    return true
  }
}

const refusalIn = (error: unknown): Refusal | null => {
  if (error instanceof Untranslatable)
    return refusal(error.param === undefined ? 'input.malformed' : 'input.invalid', error.message, error.param)
  return isRefusal(error) ? error : null
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
