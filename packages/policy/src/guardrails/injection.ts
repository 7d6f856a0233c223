/** Ways in which texts try to give a model orders: heuristics, which find what is common and let pass what is new. */
import { type Detector, detector } from './detector.ts'

const anything = /[\s\S]/
/** Words that make it clear which orders are meant. */
const earlier =
  '(?:(?:all|any|every|each|of|the|your|my|our|these|those|this|that|previous|prior|above|earlier|preceding|existing|former|given|system|safety|content|initial|original|other|and)\\s{1,3}){1,6}'
const few = '(?:[^\\s.!?]{1,20}\\s{1,3}){0,5}'

const phrases = [
  `(?:ignore|disregard|forget|override|bypass)\\s{1,3}${earlier}(?:instructions?|prompts?|rules|directives|guidelines|restrictions)`,
  `(?:reveal|print|repeat|show|output|leak)\\s{1,3}${few}(?:system|hidden|initial|original)\\s{1,3}(?:prompt|instructions?|message)`,
  '(?:you\\s{1,3}are|act\\s{1,3}as)\\s{1,3}(?:now\\s{1,3})?(?:dan|an?\\s{1,3}unrestricted|an?\\s{1,3}unfiltered|jailbroken)',
  '(?:enable|enter|activate)\\s{1,3}(?:developer|debug|god|jailbreak|dan)\\s{1,3}mode',
  `(?:ignorier\\p{L}{0,4}|vergiss|missachte)\\s{1,3}${few}(?:anweisungen|regeln|vorgaben|befehle)`,
  '(?:ignore[zr]?|oublie[zr]?)\\s{1,3}(?:(?:toutes?|tous|les|vos|tes|mes|ces|cette|de|précédentes?)\\s{1,3}){1,4}(?:instructions|règles|consignes)',
  `(?:ignora|olvida|omite)\\s{1,3}${few}(?:instrucciones|reglas|órdenes)`,
]

/** Signs of the templates that models are fed with, which no honest text of a person holds. */
const templateSigns = [
  '<\\|(?:im_start|im_end|system|user|assistant|endoftext|start_header_id|end_header_id|eot_id)\\|>',
  '\\[/?INST\\]',
  '<</?SYS>>',
]

export const injectionDetectors = (): Detector[] => [
  detector({
    kind: 'override',
    pattern: new RegExp(`(?<![\\p{L}\\p{N}])(?:${phrases.join('|')})(?![\\p{L}\\p{N}])`, 'giu'),
    reach: 180,
    alphabet: anything,
    head: /(?:ign|dis|for|ove|byp|rev|pri|rep|sho|out|lea|you|act|ena|ent|ver|mis|oub|olv|omi)/gi,
    headChars: 3,
  }),
  detector({
    kind: 'template_signs',
    pattern: new RegExp(templateSigns.join('|'), 'g'),
    reach: 24,
    alphabet: anything,
    head: /[<[]/g,
    headChars: 1,
  }),
  detector({
    kind: 'hidden_text',
    // letters of the tag block and orders of direction show nothing and are read by models all the same
    pattern: /(?:\udb40[\udc20-\udc7f]){4,64}|[\u202a-\u202e\u2066-\u2069]{1,8}/g,
    reach: 129,
    alphabet: /[^ -~\s]/,
    head: /\udb40|[\u202a-\u202e\u2066-\u2069]/g,
    headChars: 1,
  }),
]
