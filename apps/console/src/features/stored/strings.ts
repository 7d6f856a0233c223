import type { BatchStatus, KeepsResponses } from '@cockpit/contract/stored'
import { messages } from '../../app/i18n.ts'

export const t = messages('batches', {
  title: 'Batches',
  batch: 'Batch',
  description: 'Requests handed in at once, and made within a day.',
  noun: 'batches',
  nounOne: 'batch',
  status: 'Status',
  created: 'Handed in',
  by: 'By',
  endpoint: 'Address',
  dialect: 'Client',
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  progress: 'Progress',
  of: (done: string, total: string) => `${done} of ${total}`,
  succeeded: 'Answered',
  errored: 'Failed',
  canceled: 'Cancelled',
  expired: 'Expired',
  left: 'Still to come',
  started: 'Begun',
  ended: 'Ended',
  expires: 'Expires',
  id: 'Batch id',
  calls: 'Requests',
  emptyTitle: 'No batches',
  emptyText: 'A batch appears here when a client hands one in: POST /v1/batches or POST /v1/messages/batches.',
  cancel: 'Cancel batch',
  cancelTitle: 'Cancel this batch?',
  cancelText: 'It begins no further request. What it has answered by then can still be read.',
  cancelled: 'It begins no further request.',
  download: 'Download results',
  readIsTold: 'Whoever downloads them is on record.',
  wrong: 'What is wrong with its file',
  wrongTitle: 'Its file is no batch',
  wrongText: 'No request was made. Hand in the file again when these lines are mended.',
  line: 'Line',
  whole: 'File',
  problem: 'Problem',
  field: 'Field',
})

export const statusText: Record<BatchStatus, string> = messages('batchStatus', {
  validating: 'Reading its file',
  failed: 'Failed',
  in_progress: 'Running',
  finalizing: 'Writing results',
  completed: 'Completed',
  expired: 'Expired',
  cancelling: 'Cancelling',
  cancelled: 'Cancelled',
})

export const files = messages('storedFiles', {
  title: 'Files',
  description: 'What callers have handed in, and results of their batches. Content is sealed.',
  noun: 'files',
  name: 'Name',
  purpose: 'Purpose',
  size: 'Size',
  created: 'Handed in',
  by: 'By',
  expires: 'Deleted',
  id: 'File id',
  acts: (name: string) => `Acts on ${name}`,
  remove: 'Delete',
  removeTitle: (name: string) => `Delete ${name}?`,
  removeText: 'Its caller can read it no longer. A batch that has not read it yet fails.',
  removed: 'It is deleted.',
  emptyTitle: 'No files',
  emptyText: 'A file appears here when a client hands one in: POST /v1/files.',
})

export const purposeText: Record<string, string> = messages('filePurposes', {
  batch: 'Requests of a batch',
  batch_output: 'Results of a batch',
  user_data: 'For requests',
  assistants: 'Assistants',
  vision: 'Pictures',
})

export const policy = messages('storedPolicy', {
  open: 'What is kept',
  title: 'What is kept for callers',
  responses: 'Responses',
  responsesHelp: 'A response that is kept can be asked for again and continued. It is sealed, and its caller’s alone.',
  responseDays: 'Delete responses after',
  fileDays: 'Delete files and ended batches after',
  shorter: 'Fewer days count for what is there already: it is deleted within the hour.',
  days: 'days',
  required: 'is required',
  save: 'Save',
  saved: 'It is in force.',
})

export const keepsText: Record<KeepsResponses, string> = messages('keepsResponses', {
  asked: 'When their caller asks for it',
  always: 'Unless their caller forbids it',
  never: 'Never',
})
