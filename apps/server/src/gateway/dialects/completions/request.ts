/** A legacy completion request as a chat of one message. What chat cannot do is refused by its name. */
import type { RequestOptions, TranslatedRequest } from '../dialect.ts'
import { asCount, isRecord, type Json, present } from '../json.ts'
import { createDrops } from '../translate/drops.ts'
import { refuse } from '../untranslatable.ts'

/** Words that mean the same in both. */
const same = `temperature top_p n stop presence_penalty frequency_penalty logit_bias user seed`.split(' ')
const known = new Set([
  ...same,
  ...`model prompt max_tokens stream stream_options echo suffix best_of logprobs`.split(' '),
])

export function completionsToHub(request: Json, { model, maxTokensField }: RequestOptions): TranslatedRequest {
  refuseWhatChatCannot(request)
  const drops = createDrops()
  const shared = Object.fromEntries(same.map((field) => [field, request[field] ?? undefined]))
  const body = present({
    model,
    messages: [{ role: 'user', content: promptOf(request) }],
    [maxTokensField ?? 'max_completion_tokens']: asCount(request.max_tokens),
    ...shared,
    ...(request.stream === true ? { stream: true, stream_options: { include_usage: true } } : {}),
  })
  drops.addUnknown(request, known)
  return { body, dropped: drops.list() }
}

/** The one text that is to be continued. */
export function promptOf(request: Json): string {
  const { prompt } = request
  const only = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt
  if (typeof only === 'string') return only
  if (Array.isArray(only) && only.every((entry) => typeof entry === 'string'))
    return refuse('prompt', 'This model takes one prompt at a time; send each in a request of its own.')
  return refuse('prompt', 'This model takes a prompt as text, not as tokens.')
}

function refuseWhatChatCannot(request: Json): void {
  if (request.suffix != null && request.suffix !== '')
    refuse('suffix', 'This model continues a text at its end and cannot fill in before a suffix.')
  if (request.logprobs != null && request.logprobs !== false)
    refuse('logprobs', 'This model does not tell the probabilities of its tokens in a completion.')
  const { best_of: bestOf, n } = request
  if (bestOf != null && bestOf !== 1 && bestOf !== n)
    refuse('best_of', "This model cannot write more answers than it returns; ask for several with 'n'.")
  if (request.echo != null && typeof request.echo !== 'boolean') refuse('echo', "'echo' must be true or false.")
  if (request.stream_options != null && !isRecord(request.stream_options))
    refuse('stream_options', "'stream_options' must be an object.")
}
