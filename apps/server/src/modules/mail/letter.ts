/** How a letter reads, as plain text and as HTML. Pure: who gets it and why is decided elsewhere. */

export type Letter = {
  /** One line. */
  subject: string
  greeting: string
  paragraphs: readonly string[]
  facts?: readonly (readonly [label: string, value: string])[]
  link?: { label: string; url: string }
  /** Why they get it, in small print. */
  because: string
}

const subjectMax = 200
const lineBreaks = /[\p{Cc}\p{Zl}\p{Zp}]+/gu

/** What people wrote may hold anything; in a letter it is a line of text, and begins no header and no paragraph. */
export const oneLine = (text: string): string => text.replace(lineBreaks, ' ').trim()

export const subjectOf = (text: string): string => {
  const line = oneLine(text)
  return line.length > subjectMax ? `${line.slice(0, subjectMax - 1)}…` : line
}

export const rendered = (letter: Letter): { text: string; html: string } => ({
  text: textOf(letter),
  html: htmlOf(letter),
})

const textOf = ({ greeting, paragraphs, facts = [], link, because }: Letter): string =>
  [
    oneLine(greeting),
    ...paragraphs.map(oneLine),
    ...(facts.length > 0 ? [facts.map(([label, value]) => `${label}: ${oneLine(value)}`).join('\n')] : []),
    ...(link ? [`${link.label}:\n${link.url}`] : []),
    `--\n${oneLine(because)}`,
  ].join('\n\n')

const htmlOf = ({ subject, greeting, paragraphs, facts = [], link, because }: Letter): string => {
  const body = [
    paragraph(greeting),
    ...paragraphs.map(paragraph),
    ...(facts.length > 0 ? [`<table role="presentation">${facts.map(row).join('')}</table>`] : []),
    ...(link
      ? [
          `<p><a href="${escaped(link.url)}" style="display:inline-block;padding:10px 16px;border-radius:6px;background:#1f5fd6;color:#ffffff;text-decoration:none">${escaped(link.label)}</a></p>`,
          `<p style="color:#555555;font-size:13px">Or open this address: <br>${escaped(link.url)}</p>`,
        ]
      : []),
    `<p style="color:#555555;font-size:13px;border-top:1px solid #dddddd;padding-top:12px">${escaped(oneLine(because))}</p>`,
  ].join('\n')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(subjectOf(subject))}</title></head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1a1a1a;font:15px/1.5 -apple-system,'Segoe UI',Roboto,Arial,sans-serif">
<div style="max-width:560px">
${body}
</div></body></html>
`
}

const paragraph = (text: string) => `<p>${escaped(oneLine(text))}</p>`
const row = ([label, value]: readonly [string, string]) =>
  `<tr><td style="color:#555555;padding:2px 16px 2px 0;vertical-align:top">${escaped(label)}</td><td>${escaped(oneLine(value))}</td></tr>`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)
