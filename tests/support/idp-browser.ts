/** A browser as far as sign-in needs one: it keeps cookies by site and follows redirects, one at a time if asked to. */
export const createIdpBrowser = () => {
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (url: URL) => {
    const jar = jars.get(url.origin) ?? new Map<string, string>()
    jars.set(url.origin, jar)
    return jar
  }

  /** One request with the cookies of that site; keeps the cookies it answers. */
  const visit = async (address: string | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(address)
    const jar = jarOf(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie && { cookie }), ...Object.fromEntries(new Headers(init.headers)) }
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) keep(jar, line)
    return answer
  }

  return {
    visit,
    cookies: (origin: string) => jarOf(new URL(origin)),
    /**
     * From the address that the product sends people to, through the provider's login as `sub`, to the address that the
     * provider sends them back to; that one is not visited. A login the provider remembers is not asked for again.
     */
    async signInAt(location: string, sub: string): Promise<URL> {
      const { origin } = new URL(location)
      let next = new URL(location)
      for (let hops = 0; hops < 10; hops++) {
        if (next.pathname.startsWith('/ui/login/')) next.searchParams.set('as', sub)
        const answer = await visit(next)
        const to = answer.headers.get('location')
        if (!to) throw new Error(`${next} answered ${answer.status} and leads nowhere: ${await answer.text()}`)
        next = new URL(to, next)
        if (next.origin !== origin) return next
      }
      throw new Error('the provider redirects without end')
    },
  }
}
export type IdpBrowser = ReturnType<typeof createIdpBrowser>

const keep = (jar: Map<string, string>, line: string) => {
  const [pair = ''] = line.split(';')
  const at = pair.indexOf('=')
  const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
  if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name)
  else jar.set(name, value)
}
