import { asList, asRecord, asText, type Json } from './json.ts'

export const imageParts = new Set(['image', 'image_url', 'input_image'])

/** Whether the model is shown a picture: as a part of a message, or of what a tool gave back. Arguments of tools are data. */
export const showsPictures = (body: Json): boolean =>
  [...asList(body.messages), ...asList(body.input)].some((message) => partsOf(message).some(isShown))

const isShown = (part: unknown): boolean =>
  isPicture(part) || (asRecord(part).type === 'tool_result' && partsOf(part).some(isPicture))
const isPicture = (part: unknown): boolean => imageParts.has(asText(asRecord(part).type) ?? '')
const partsOf = (holder: unknown): unknown[] => [
  ...asList(asRecord(holder).content),
  ...asList(asRecord(holder).output),
]
