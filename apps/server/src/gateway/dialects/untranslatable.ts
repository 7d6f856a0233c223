/** What has no faithful equivalent in the other dialect and matters too much to be left out in silence. */
export class Untranslatable extends Error {
  override name = 'Untranslatable'
  readonly side: 'request' | 'answer'
  /** The field at fault, in the words of the dialect it came in. */
  readonly param: string | undefined

  constructor(side: 'request' | 'answer', message: string, param?: string) {
    super(message)
    this.side = side
    this.param = param
  }
}

/** The body is no JSON object at all. */
export class MalformedBody extends Untranslatable {
  override name = 'MalformedBody'
}

export const refuse = (param: string, message: string): never => {
  throw new Untranslatable('request', message, param)
}
