import type { Sealing } from '../../platform/index.ts'
import { type LineRow, lineContext } from './batch-model.ts'

const textOf = (line: LineRow, secrets: Pick<Sealing, 'open'>): unknown =>
  line.sealed_answer === null ? null : JSON.parse(secrets.open(line.sealed_answer, lineContext(line)))

const jsonLine = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`)

/** A line of an output or error file, as OpenAI's clients read it. */
export const openaiResult = (line: LineRow, secrets: Pick<Sealing, 'open'>): Buffer => {
  const answered = line.http_status !== null
  return jsonLine({
    id: `batch_req_${line.batch_id.slice(line.batch_id.indexOf('_') + 1)}_${line.place}`,
    custom_id: line.custom_id,
    response: answered
      ? { status_code: line.http_status, request_id: line.request_id, body: textOf(line, secrets) }
      : null,
    error: answered ? null : { code: 'batch_expired', message: 'The batch ended before this call was made.' },
  })
}

/** A line of the results, as Anthropic's clients read it. */
export const anthropicResult = (line: LineRow, secrets: Pick<Sealing, 'open'>): Buffer => {
  const said = textOf(line, secrets)
  const result =
    line.state === 'succeeded'
      ? { type: 'succeeded', message: said }
      : line.state === 'errored'
        ? { type: 'errored', error: said }
        : { type: line.state }
  return jsonLine({ custom_id: line.custom_id, result })
}
