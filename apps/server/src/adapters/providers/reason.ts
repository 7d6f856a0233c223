/** A name that leads into the own network, where a connection of an account must not reach. */
export class PrivateTarget extends Error {
  readonly code = 'PRIVATE_TARGET'
}

/** Why there was no answer at all, and what to do about it. */
export const reasonOf = (error: unknown, url: string, timeoutMs = 0): string => {
  const { hostname, host, protocol } = new URL(url)
  const code = codeOf(error)
  switch (code) {
    case 'PRIVATE_TARGET':
      return `'${hostname}' is an address inside the network of this installation, which connections of an account may not reach; ask a platform administrator to connect it.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name '${hostname}' cannot be resolved; check its spelling and the name server of this machine.`
    case 'ECONNREFUSED':
      return `Nothing listens at ${host}; check the port and that the server runs.`
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `There is no route to ${host}; check the address and the network of this machine.`
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return `${host} does not accept the connection in time; check the address and whether a firewall stands between.`
    case 'TimeoutError':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return `${host} accepted the call but did not answer within ${Math.round(timeoutMs / 1000)} seconds; check that the server is not overloaded or stuck.`
    case 'CERT_HAS_EXPIRED':
      return `The certificate of '${hostname}' has expired; its operator must renew it.`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate at ${host} belongs to another name than '${hostname}'; use the name it was issued for.`
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `The certificate of '${hostname}' comes from an authority this machine does not know; set NODE_EXTRA_CA_CERTS to the file with that authority and start again.`
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'EPROTO':
      return `${host} does not speak TLS; use http:// if it is meant to be reached without.`
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return `${host} closed the connection without an answer; check the port and whether it wants ${protocol === 'https:' ? 'http://' : 'https://'}.`
  }
  if (code.startsWith('HPE_') || code === 'HTTPParserError')
    return `${host} does not speak HTTP; check the port${protocol === 'http:' ? ' and whether it wants https://' : ''}.`
  return `The call to ${host} failed${code ? ` (${code})` : ''}; check the address.`
}

/** undici and node put the cause at different depths: several addresses of one name arrive as an AggregateError. */
const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  if (error.cause instanceof Error) return codeOf(error.cause)
  return error.name === 'TimeoutError' || error.name === 'HTTPParserError' ? error.name : ''
}
