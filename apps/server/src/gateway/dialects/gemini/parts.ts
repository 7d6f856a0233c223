/** Text, pictures, sounds and files of the hub as parts of Gemini. */
import { asRecord, asText, filled, isRecord, type Json, parseJson, records } from '../json.ts'
import { textOf } from '../translate/media.ts'
import { refuse } from '../untranslatable.ts'

export function partsOf(content: unknown, path: string): Json[] {
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }]
  return records(content).flatMap((part, at) => partOf(part, `${path}.content[${at}]`))
}

function partOf(part: Json, at: string): Json[] {
  switch (part.type) {
    case 'text':
    case 'refusal': {
      const text = filled(part.text) ?? filled(part.refusal)
      return text === undefined ? [] : [{ text }]
    }
    case 'image_url':
      return [byUrl(filled(asRecord(part.image_url).url) ?? filled(part.image_url), `${at}.image_url.url`)]
    case 'input_audio':
      return [sound(asRecord(part.input_audio), `${at}.input_audio`)]
    case 'file':
      return [file(asRecord(part.file), `${at}.file`)]
    default:
      return refuse(at, `Content of type '${part.type}' cannot be sent to a model that speaks Gemini's dialect.`)
  }
}

function byUrl(url: string | undefined, at: string): Json {
  if (url === undefined) return refuse(at, 'The picture has no URL.')
  return inline(url) ?? { fileData: { mimeType: typeByName(url), fileUri: url } }
}

function inline(url: string): Json | undefined {
  const found = /^data:([^;,]+)(?:;[^;,]+)*;base64,/.exec(url.slice(0, 200))
  return found?.[1] === undefined ? undefined : { inlineData: { mimeType: found[1], data: url.slice(found[0].length) } }
}

const typesByName: Record<string, string> = {
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
  mp4: 'video/mp4',
}

/** Gemini wants to be told what it will find; a picture without a telling name is most often a photograph. */
const typeByName = (url: string): string =>
  typesByName[/\.(\w{2,5})(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? ''] ?? 'image/jpeg'

function sound(audio: Json, at: string): Json {
  const data = filled(audio.data)
  if (data === undefined) return refuse(`${at}.data`, 'The sound has no data.')
  return { inlineData: { mimeType: `audio/${asText(audio.format) ?? 'wav'}`, data } }
}

function file(given: Json, at: string): Json {
  const data = filled(given.file_data)
  if (data === undefined)
    return refuse(`${at}.file_id`, 'A file kept at one provider cannot be sent to another; send its data.')
  return inline(data) ?? { inlineData: { mimeType: 'application/pdf', data } }
}

/** What a tool gave back must be an object; a plain text becomes one. */
export function resultOf(message: Json): Json {
  const text = textOf(message.content)
  const parsed = parseJson(text)
  return isRecord(parsed) ? parsed : { result: parsed ?? text }
}
