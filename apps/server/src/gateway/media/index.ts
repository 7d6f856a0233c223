/** Pictures, sounds and searches: calls that come as forms, answer with bytes, or are billed by the piece. */
export { boundaryOf, type Form, fieldsOf, headOf, readForm, withFields } from './form.ts'
export { prepareMedia, usageOfMedia } from './operations.ts'
export { formOf, mayBeText, scanForm, streamsMedia, takesForm } from './scan-form.ts'
