import { expect, type Page } from '@playwright/test'

/** Signs in with a password at the console that runs at this address. */
export const signIn = async (page: Page, url: string, { email, password }: { email: string; password: string }) => {
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page).not.toHaveURL(/sign-in/)
}
