import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The browser for journeys: CHROMIUM, or the first one in PATH; undefined where there is none. */
export const findChromium = ({ CHROMIUM, PATH = '' }: NodeJS.ProcessEnv): string | undefined =>
  CHROMIUM ||
  names.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name))).find((file) => existsSync(file))
