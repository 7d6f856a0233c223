import type { ExplainStep } from '@cockpit/contract/explain'

/** A text as JSON writes it. Most need no escape, and to see that costs less than to look for one. */
export const quoted = (text: string): string => (isPlain.test(text) ? `"${text}"` : JSON.stringify(text))

const isPlain = /^[\w .,:;()'/-]*$/

/** A step of a trace as JSON writes it. */
export const writtenStep = ({ layer, rule, source, value, verdict }: ExplainStep): string =>
  `{"layer":${quoted(layer)},"rule":${quoted(rule)},"source":${quoted(source)},"value":${quoted(value)},"verdict":"${verdict}"}`
