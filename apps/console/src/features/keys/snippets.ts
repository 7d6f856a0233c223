import type { Snippet } from '@cockpit/ui'

/** `origin`: of this console when absent. */
type Asked = { origin?: string; secret: string; model: string }
type Target = Required<Asked>

/** One call in four ways, ready to run: the address, the key and the model are the real ones. */
export const snippetsOf = (asked: Asked): Snippet[] => {
  const target = { ...asked, origin: asked.origin ?? window.location.origin }
  return [
    { id: 'curl', label: 'curl', code: curl(target) },
    { id: 'openai-node', label: 'OpenAI · Node', code: openaiNode(target) },
    { id: 'openai-python', label: 'OpenAI · Python', code: openaiPython(target) },
    { id: 'anthropic-node', label: 'Anthropic · Node', code: anthropicNode(target) },
  ]
}

const question = 'Say hello in one sentence.'

const curl = ({ origin, secret, model }: Target) => `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "${model}",
    "messages": [{ "role": "user", "content": "${question}" }]
  }'`

const openaiNode = ({ origin, secret, model }: Target) => `// npm install openai
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: '${origin}/v1',
  apiKey: '${secret}',
})
const answer = await client.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: '${question}' }],
})
console.log(answer.choices[0].message.content)`

const openaiPython = ({ origin, secret, model }: Target) => `# pip install openai
from openai import OpenAI

client = OpenAI(
    base_url="${origin}/v1",
    api_key="${secret}",
)
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "${question}"}],
)
print(answer.choices[0].message.content)`

const anthropicNode = ({ origin, secret, model }: Target) => `// npm install @anthropic-ai/sdk
import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({
  baseURL: '${origin}',
  apiKey: '${secret}',
})
const answer = await client.messages.create({
  model: '${model}',
  max_tokens: 200,
  messages: [{ role: 'user', content: '${question}' }],
})
console.log(answer.content)`
