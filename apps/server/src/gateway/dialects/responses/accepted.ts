/** What of a Responses request no provider is asked for: it would lie in the provider's account or cost what nobody knows. */
import { asList, asRecord, asText, isRecord, type Json } from '../json.ts'
import { refuse } from '../untranslatable.ts'

/** Tools a provider runs itself, for a fee beside that for tokens. */
const paidTools = /^(?:web_search|file_search|code_interpreter|image_generation|computer_use)/

export function refuseUnaccepted(request: Json): void {
  if (request.background === true)
    refuse(
      'background',
      'Answers in the background are not kept for this account; without it the answer comes at once.',
    )
  if (request.conversation != null)
    refuse('conversation', "Conversations are not kept here; continue an answer by 'previous_response_id'.")
  if (request.prompt != null) refuse('prompt', 'Prompts kept at a provider cannot be used; send their text.')
  if (request.store != null && typeof request.store !== 'boolean') refuse('store', "'store' must be true or false.")
  if (request.previous_response_id != null && typeof request.previous_response_id !== 'string')
    refuse('previous_response_id', "'previous_response_id' must be the id of a response.")
  if (request.previous_response_id != null)
    refuse('previous_response_id', `No response '${String(request.previous_response_id)}' is kept here.`)
  if (typeof request.input !== 'string' && !Array.isArray(request.input))
    refuse('input', "'input' must be a text or a list of items.")
  for (const [at, item] of asList(request.input).entries()) {
    if (!isRecord(item)) refuse(`input[${at}]`, 'An item must be an object.')
    if (asRecord(item).type === 'item_reference')
      refuse(`input[${at}].type`, 'Items cannot be named by their id; send them whole.')
  }
  for (const [at, tool] of asList(request.tools).entries()) {
    const type = asText(asRecord(tool).type) ?? ''
    if (paidTools.test(type)) refuse(`tools[${at}].type`, `Tool '${type}' has no price here, so it is not offered.`)
  }
}
