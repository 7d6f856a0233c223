/** The way over from LiteLLM: reads what an installation of it has, says what it is here, and makes it through the API. */
import type { CockpitClient } from '../index.ts'
import { applySettings, createNotebook, type ReportLine } from './apply.ts'
import { applyModels } from './apply-models.ts'
import { applyKeys, applyPeople } from './apply-people.ts'
import { planModels } from './plan-models.ts'
import { planPeople } from './plan-people.ts'
import { planSettings } from './plan-settings.ts'
import type { LiteLlmSource } from './source.ts'

export type Report = { dryRun: boolean; counts: Record<string, number>; lines: ReportLine[] }

export const importLiteLlm = async (
  api: CockpitClient,
  source: LiteLlmSource,
  { dryRun, now }: { dryRun: boolean; now: Date },
): Promise<Report> => {
  const models = planModels(source)
  const settings = planSettings(source)
  const people = planPeople(source, now)
  const book = createNotebook(dryRun)
  const there = await applyModels(api, models, book)
  await applySettings(api, settings, book)
  for (const { kind, name, why } of settings.leftOut) book.note(kind, name, 'left_out', null, [why])
  const ids = await applyPeople(api, people, book)
  const groups = new Map<string, string[]>()
  for (const { name, accessGroups } of models.models)
    for (const group of accessGroups) groups.set(group, [...(groups.get(group) ?? []), name])
  await applyKeys(api, people, { ids, models: there, groups }, book)
  const counts: Record<string, number> = {}
  for (const { outcome } of book.lines) counts[outcome] = (counts[outcome] ?? 0) + 1
  return { dryRun, counts, lines: book.lines }
}
