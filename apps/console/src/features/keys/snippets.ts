import type { Snippet } from '@cockpit/ui'

/** Ready calls of the gateway at this address: what to paste to see the first answer. */
export const snippetsOf = ({
  secret,
  model,
  origin = window.location.origin,
}: {
  secret: string
  model: string
  origin?: string
}): Snippet[] => [
  {
    id: 'curl',
    label: 'curl',
    code: `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
  },
  {
    id: 'node',
    label: 'OpenAI, Node',
    code: `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: '${secret}' })
const answer = await client.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: 'Hello' }],
})
console.log(answer.choices[0].message.content)`,
  },
  {
    id: 'python',
    label: 'OpenAI, Python',
    code: `from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key="${secret}")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
  },
  {
    id: 'anthropic',
    label: 'Anthropic, Node',
    code: `import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({ baseURL: '${origin}', apiKey: '${secret}' })
const answer = await client.messages.create({
  model: '${model}',
  max_tokens: 256,
  messages: [{ role: 'user', content: 'Hello' }],
})
console.log(answer.content[0].text)`,
  },
]
