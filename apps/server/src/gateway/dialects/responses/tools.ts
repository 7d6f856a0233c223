/** Tools of the Responses dialect, which stand flat in their list, and the choice among them. */
import { asText, filled, isRecord, type Json, present, records } from '../json.ts'
import { refuse } from '../untranslatable.ts'

const noParameters = { type: 'object', properties: {} }

export const toolsToHub = (request: Json): Json[] =>
  records(request.tools).map((tool, at) => {
    if (tool.type !== 'function')
      return refuse(
        `tools[${at}].type`,
        `Tools of type '${String(tool.type)}' cannot be offered to this model; functions can.`,
      )
    const { name, description, parameters, strict } = tool
    return {
      type: 'function',
      function: present({
        name,
        description: filled(description),
        parameters: isRecord(parameters) ? parameters : noParameters,
        strict: typeof strict === 'boolean' ? strict : undefined,
      }),
    }
  })

const plainChoices = new Set(['auto', 'none', 'required'])

export function choiceToHub({ tool_choice: choice }: Json): unknown {
  if (choice === undefined || choice === null || choice === 'auto') return undefined
  if (plainChoices.has(asText(choice) ?? '')) return choice
  if (!isRecord(choice)) return refuse('tool_choice', `There is no tool choice '${String(choice)}'.`)
  if (choice.type === 'function') return { type: 'function', function: { name: choice.name } }
  if (choice.type !== 'allowed_tools')
    return refuse('tool_choice', `A tool choice of type '${String(choice.type)}' cannot be made by this model.`)
  const tools = records(choice.tools).map(({ name }) => ({ type: 'function', function: { name } }))
  return { type: 'allowed_tools', allowed_tools: { mode: asText(choice.mode) ?? 'auto', tools } }
}
