/**
 * The addresses of the gateway, as OpenAPI path items. Their bodies belong to the dialects of OpenAI and Anthropic and
 * pass with whatever fields they have, so only those that Cockpit itself reads are described.
 */
type Schema = Readonly<Record<string, unknown>>

const text = (description: string): Schema => ({ type: 'string', description })
const object = (properties: Record<string, Schema>, required: readonly string[]): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: true,
})
const json = (schema: Schema) => ({ 'application/json': { schema } })
const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

const scope = object(
  { type: text('account, org, team, user or key'), id: { type: 'string' }, name: { type: 'string' } },
  ['type', 'id', 'name'],
)
const renewsAt: Schema = { type: 'string', format: 'date-time', description: 'When the budget or limit renews' }

/** How each dialect says no; docs/gateway.md lists the codes. */
export const gatewaySchemas: Readonly<Record<string, Schema>> = {
  OpenAiError: object(
    {
      error: object(
        {
          message: text('A sentence for people'),
          type: { type: 'string' },
          code: { type: ['string', 'null'], description: 'Stable code' },
          param: { type: ['string', 'null'], description: 'The field that is wrong' },
          scope,
          renews_at: renewsAt,
          request_id: text('Names the request in the log'),
        },
        ['message', 'type', 'code'],
      ),
    },
    ['error'],
  ),
  GoogleError: object(
    {
      error: object(
        {
          code: { type: 'integer', description: 'The HTTP status' },
          message: text('A sentence for people'),
          status: { type: 'string' },
          details: {
            type: 'array',
            items: { type: 'object' },
            description: 'The first names the stable code as its `reason`',
          },
        },
        ['code', 'message', 'status'],
      ),
    },
    ['error'],
  ),
  AnthropicError: object(
    {
      type: { const: 'error' },
      error: object(
        {
          type: { type: 'string' },
          message: text('A sentence for people'),
          details: object(
            { error_code: text('Stable code'), param: { type: 'string' }, scope, renews_at: renewsAt },
            [],
          ),
        },
        ['type', 'message'],
      ),
      request_id: text('Names the request in the log'),
    },
    ['type', 'error'],
  ),
}
const inPath = (name: string, description: string): Schema => ({
  ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  description,
})
const bothErrors = json({ oneOf: [reference('OpenAiError'), reference('AnthropicError')] })

const model = text('Name of a model that the key may use')
const stream: Schema = { type: 'boolean', description: 'Answer as server-sent events' }
const messages = (description: string): Schema => ({
  type: 'array',
  items: { type: 'object', additionalProperties: true },
  description,
})
const outputLimit = (description: string): Schema => ({ type: 'integer', minimum: 1, description })

const file: Schema = { type: 'string', format: 'binary' }

type Call = {
  id: string
  summary: string
  error: 'OpenAiError' | 'AnthropicError' | 'GoogleError' | 'both'
  answer: Schema
  body?: Schema
  form?: Schema
  bytes?: boolean
  streams?: boolean
  parameters?: readonly Schema[]
}

const operation = ({
  id,
  summary,
  error,
  answer,
  body,
  form,
  bytes = false,
  streams = false,
  parameters = [],
}: Call) => ({
  operationId: `gateway.${id}`,
  tags: ['Gateway'],
  summary,
  security: [{ bearer: [] }],
  parameters,
  ...(body && { requestBody: { required: true, content: json(body) } }),
  ...(form && { requestBody: { required: true, content: { 'multipart/form-data': { schema: form } } } }),
  responses: {
    200: {
      description: summary,
      content: {
        ...(bytes ? { 'audio/*': { schema: file } } : json(answer)),
        ...(streams && { 'text/event-stream': { schema: { type: 'string' } } }),
      },
    },
    default: {
      description: 'Refused or failed, in the shape of the dialect',
      content: error === 'both' ? bothErrors : json(reference(error)),
    },
  },
})

const version: Schema = {
  name: 'anthropic-version',
  in: 'header',
  required: false,
  schema: { type: 'string' },
  description: 'Selects the dialect of Anthropic for the answer',
}
const open = object({}, [])

const count: Schema = { type: 'integer', minimum: 1, description: 'How many; the budget holds what they can cost' }
const size = text('Decides about the price where the model has one for it')
const quality = size
const rerank = (id: string) =>
  operation({
    id,
    summary: 'Orders documents by a query, in the shape of Cohere and Jina',
    error: 'OpenAiError',
    body: object({ model, query: text('What is looked for'), documents: { type: 'array', items: {} } }, [
      'model',
      'query',
      'documents',
    ]),
    answer: open,
  })

const googles = (id: string, summary: string, body: Schema, answer: Schema, streams = false) =>
  operation({ id, summary, error: 'GoogleError', streams, parameters: [inPath('model', 'Its name')], body, answer })

const contents = object({ contents: messages('The conversation so far') }, ['contents'])

const ownPath = (method: string) =>
  operation({
    id: `through${method}`,
    summary: 'Calls a path of the provider’s own API over a connection that is open for it',
    error: 'OpenAiError',
    parameters: [
      inPath('connection', 'Id or name of a provider connection'),
      inPath('path', 'What stands below its base URL, with whatever slashes'),
    ],
    answer: open,
  })

export const gatewayPaths = {
  '/v1beta/models/{model}:generateContent': {
    post: googles('geminiGenerate', 'Chat, in the dialect of Gemini', contents, open),
  },
  '/v1beta/models/{model}:streamGenerateContent': {
    post: googles('geminiStream', 'Chat as a stream, in the dialect of Gemini; add alt=sse', contents, open, true),
  },
  '/v1beta/models/{model}:countTokens': {
    post: googles(
      'geminiCount',
      'Tokens that a prompt has, in the dialect of Gemini',
      open,
      object({ totalTokens: { type: 'integer' } }, ['totalTokens']),
    ),
  },
  '/v1beta/models/{model}:embedContent': {
    post: googles('geminiEmbed', 'An embedding, in the dialect of Gemini', open, open),
  },
  '/v1beta/models/{model}:batchEmbedContents': {
    post: googles('geminiEmbedAll', 'Several embeddings, in the dialect of Gemini', open, open),
  },
  '/v1beta/models': {
    get: operation({
      id: 'geminiModels',
      summary: 'Models that the key may use now, in the dialect of Gemini',
      error: 'GoogleError',
      answer: object({ models: messages('The models') }, ['models']),
    }),
  },
  '/providers/{connection}/{path}': {
    get: ownPath('Get'),
    post: ownPath('Post'),
    put: ownPath('Put'),
    patch: ownPath('Patch'),
    delete: ownPath('Delete'),
  },
  '/v1/chat/completions': {
    post: operation({
      id: 'chatCompletions',
      summary: 'Chat, in the dialect of OpenAI',
      error: 'OpenAiError',
      streams: true,
      body: object(
        {
          model,
          messages: messages('The conversation so far'),
          stream,
          max_completion_tokens: outputLimit('Most tokens of the answer; the budget holds what they can cost'),
        },
        ['model', 'messages'],
      ),
      answer: open,
    }),
  },
  '/v1/embeddings': {
    post: operation({
      id: 'embeddings',
      summary: 'Embeddings, in the dialect of OpenAI',
      error: 'OpenAiError',
      body: object({ model, input: { description: 'A text, several texts, or tokens' } }, ['model', 'input']),
      answer: open,
    }),
  },
  '/v1/responses': {
    post: operation({
      id: 'responses',
      summary: 'Responses, in the newer dialect of OpenAI',
      error: 'OpenAiError',
      streams: true,
      body: object(
        {
          model,
          input: { description: 'A text, or a list of items: messages, calls of functions, their outputs, reasoning' },
          instructions: text('What the model is told before the input'),
          stream,
          max_output_tokens: outputLimit('Most tokens of the answer; the budget holds what they can cost'),
        },
        ['model', 'input'],
      ),
      answer: open,
    }),
  },
  '/v1/completions': {
    post: operation({
      id: 'completions',
      summary: 'Continues a text, in the older dialect of OpenAI',
      error: 'OpenAiError',
      streams: true,
      body: object(
        {
          model,
          prompt: { description: 'The text; several texts or tokens only where the provider has this address itself' },
          stream,
          max_tokens: outputLimit('Most tokens of the answer; the budget holds what they can cost'),
        },
        ['model', 'prompt'],
      ),
      answer: open,
    }),
  },
  '/v1/moderations': {
    post: operation({
      id: 'moderations',
      summary: 'Whether a text or picture is harmful, in the dialect of OpenAI',
      error: 'OpenAiError',
      body: object(
        {
          model: text('Name of a model that the key may use; omni-moderation-latest when left out'),
          input: { description: 'A text, several texts, or texts and pictures' },
        },
        ['input'],
      ),
      answer: open,
    }),
  },
  '/v1/images/generations': {
    post: operation({
      id: 'images',
      summary: 'Makes pictures, in the dialect of OpenAI',
      error: 'OpenAiError',
      streams: true,
      body: object({ model, prompt: text('What to draw'), n: count, size, quality, stream }, ['model', 'prompt']),
      answer: open,
    }),
  },
  '/v1/images/edits': {
    post: operation({
      id: 'imageEdits',
      summary: 'Changes pictures, in the dialect of OpenAI',
      error: 'OpenAiError',
      streams: true,
      form: object({ model, image: file, prompt: text('What to change'), n: count, size, quality, stream }, [
        'model',
        'image',
      ]),
      answer: open,
    }),
  },
  '/v1/audio/speech': {
    post: operation({
      id: 'speech',
      summary: 'Says a text, in the dialect of OpenAI',
      error: 'OpenAiError',
      bytes: true,
      body: object({ model, input: text('What to say'), voice: text('Who says it') }, ['model', 'input']),
      answer: open,
    }),
  },
  '/v1/audio/transcriptions': {
    post: operation({
      id: 'transcriptions',
      summary: 'Writes down what a recording says, in the dialect of OpenAI',
      error: 'OpenAiError',
      streams: true,
      form: object({ model, file, response_format: text('json, text, srt, verbose_json or vtt'), stream }, [
        'model',
        'file',
      ]),
      answer: open,
    }),
  },
  '/v1/audio/translations': {
    post: operation({
      id: 'translations',
      summary: 'Writes down in English what a recording says, in the dialect of OpenAI',
      error: 'OpenAiError',
      form: object({ model, file, response_format: text('json, text, srt, verbose_json or vtt') }, ['model', 'file']),
      answer: open,
    }),
  },
  '/v1/rerank': { post: rerank('rerank') },
  '/v2/rerank': { post: rerank('rerankSecond') },
  '/v1/messages': {
    post: operation({
      id: 'messages',
      summary: 'Chat, in the dialect of Anthropic',
      error: 'AnthropicError',
      streams: true,
      body: object(
        {
          model,
          messages: messages('The conversation so far'),
          max_tokens: outputLimit('Most tokens of the answer; the budget holds what they can cost'),
          stream,
        },
        ['model', 'messages', 'max_tokens'],
      ),
      answer: open,
    }),
  },
  '/v1/messages/count_tokens': {
    post: operation({
      id: 'countTokens',
      summary: 'Tokens that a prompt has, in the dialect of Anthropic',
      error: 'AnthropicError',
      body: object({ model, messages: messages('The conversation to count') }, ['model', 'messages']),
      answer: object({ input_tokens: { type: 'integer' } }, ['input_tokens']),
    }),
  },
  '/v1/models': {
    get: operation({
      id: 'models',
      summary: 'Models that the key may use now, in the dialect of the caller',
      error: 'both',
      parameters: [version],
      answer: object({ data: messages('The models') }, ['data']),
    }),
  },
  '/v1/models/{model}': {
    get: operation({
      id: 'model',
      summary: 'One of these models, in the dialect of the caller',
      error: 'both',
      parameters: [
        {
          ...{ name: 'model', in: 'path', required: true, schema: { type: 'string' } },
          description: 'Its name, with or without escapes for a slash in it',
        },
        version,
      ],
      answer: object({ id: model }, ['id']),
    }),
  },
} as const
