import type { LabRun } from '@cockpit/contract/lab-runs'

/** A run as a text that reads well. Fences are longer than any in what they hold. */
export const markdownOf = (run: LabRun): string => {
  const parts = run.results.map((result, index) => {
    const { booked, firstTokenMs, durationMs } = result
    const figures = [
      `${Math.round(durationMs)} ms in all`,
      ...(firstTokenMs === null ? [] : [`first word after ${Math.round(firstTokenMs)} ms`]),
      ...(booked ? [`${booked.inputTokens} tokens in`, `${booked.outputTokens} out`, `${booked.credits} credits`] : []),
      ...(run.votes[index] ? [`voted ${run.votes[index]}`] : []),
    ]
    const said = result.error ? `${result.error.code}: ${result.error.message}` : result.answer
    return `## ${result.model}\n\n${figures.join(', ')}\n\n${fenced(said)}`
  })
  return [
    `# ${run.createdAt}`,
    ...(run.system ? [`System prompt:\n\n${fenced(run.system)}`] : []),
    `Prompt:\n\n${fenced(run.prompt)}`,
    ...parts,
    ...(run.notes ? [`## Notes\n\n${run.notes}`] : []),
  ].join('\n\n')
}

const fenced = (text: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}

export const saveText = (name: string, type: string, text: string): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
