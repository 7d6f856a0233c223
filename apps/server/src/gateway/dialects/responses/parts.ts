/** Parts of a message: texts, pictures, files and sounds. */
import { asText, filled, isRecord, type Json, present } from '../json.ts'
import { refuse } from '../untranslatable.ts'

/** Plain text where it is nothing else. */
export function partsToHub(content: unknown, path: string): string | Json[] {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return refuse(path, 'Content must be a text or a list of parts.')
  const parts = content.map((part, at) => partToHub(isRecord(part) ? part : {}, `${path}[${at}]`))
  const only = parts.length === 1 ? parts[0] : undefined
  return only?.type === 'text' ? (asText(only.text) ?? '') : parts
}

function partToHub(part: Json, path: string): Json {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: asText(part.text) ?? '' }
    case 'input_image':
      return pictureToHub(part, path)
    case 'input_file':
      return fileToHub(part, path)
    case 'input_audio':
      return { type: 'input_audio', input_audio: part.input_audio }
    default:
      return refuse(`${path}.type`, `Content of type '${String(part.type)}' cannot be sent to this model.`)
  }
}

function pictureToHub(part: Json, path: string): Json {
  const url = filled(part.image_url)
  if (url === undefined)
    return refuse(
      `${path}.file_id`,
      'A picture kept at one provider cannot be sent to another; send its data or a URL.',
    )
  return { type: 'image_url', image_url: present({ url, detail: filled(part.detail) }) }
}

function fileToHub(part: Json, path: string): Json {
  const data = filled(part.file_data)
  if (data === undefined)
    return refuse(
      `${path}.file_data`,
      'A file by URL or kept at one provider cannot be sent to this model; send its data.',
    )
  return { type: 'file', file: present({ filename: filled(part.filename), file_data: data }) }
}
