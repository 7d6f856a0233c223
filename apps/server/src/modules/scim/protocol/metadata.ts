/** What a source may ask about this server before it begins: RFC 7643 §5–7. */
import { groupSchema } from './groups.ts'
import { pageMax } from './request.ts'
import { enterpriseSchema, userSchema } from './user-resource.ts'

type Attribute = {
  name: string
  type: string
  multiValued?: boolean
  required?: boolean
  sub?: Attribute[]
} & Partial<{
  mutability: string
  uniqueness: string
  returned: string
  caseExact: boolean
}>

const attribute = ({ name, type, sub, ...more }: Attribute): object => ({
  name,
  type,
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  ...more,
  ...(sub && { subAttributes: sub.map(attribute) }),
})
const text = (name: string, more: Partial<Attribute> = {}): Attribute => ({ name, type: 'string', ...more })
const plural = (name: string): Attribute => ({
  name,
  type: 'complex',
  multiValued: true,
  sub: [text('value'), text('type'), { name: 'primary', type: 'boolean' }],
})

const schemas: Readonly<Record<string, { name: string; description: string; attributes: Attribute[] }>> = {
  [userSchema]: {
    name: 'User',
    description: 'A person of the account',
    attributes: [
      text('userName', { required: true, uniqueness: 'server' }),
      text('displayName'),
      { name: 'name', type: 'complex', sub: [text('formatted'), text('givenName'), text('familyName')] },
      text('title'),
      { name: 'active', type: 'boolean' },
      plural('emails'),
      plural('phoneNumbers'),
      {
        name: 'groups',
        type: 'complex',
        multiValued: true,
        mutability: 'readOnly',
        sub: [text('value', { mutability: 'readOnly' }), text('display', { mutability: 'readOnly' })],
      },
    ],
  },
  [enterpriseSchema]: {
    name: 'EnterpriseUser',
    description: 'Where a person works in their company',
    attributes: [
      text('employeeNumber'),
      text('costCenter'),
      text('organization'),
      text('division'),
      text('department'),
    ],
  },
  [groupSchema]: {
    name: 'Group',
    description: 'A group of the source; rules of the account say what it gives',
    attributes: [
      text('displayName', { required: true, uniqueness: 'server' }),
      {
        name: 'members',
        type: 'complex',
        multiValued: true,
        sub: [text('value', { mutability: 'immutable' }), text('display', { mutability: 'readOnly' })],
      },
    ],
  },
}

export const createMetadata = (baseUrl: string) => {
  const meta = (resourceType: string, path: string) => ({ meta: { resourceType, location: `${baseUrl}/${path}` } })
  const types = [
    {
      id: 'User',
      name: 'User',
      endpoint: '/Users',
      schema: userSchema,
      schemaExtensions: [{ schema: enterpriseSchema, required: false }],
    },
    { id: 'Group', name: 'Group', endpoint: '/Groups', schema: groupSchema },
  ].map((type) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    ...type,
    ...meta('ResourceType', `ResourceTypes/${type.id}`),
  }))
  const known = Object.entries(schemas).map(([id, { name, description, attributes }]) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id,
    name,
    description,
    attributes: attributes.map(attribute),
    ...meta('Schema', `Schemas/${id}`),
  }))
  return {
    types,
    schemas: known,
    config: {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: { supported: true },
      bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
      filter: { supported: true, maxResults: pageMax },
      changePassword: { supported: false },
      sort: { supported: false },
      etag: { supported: true },
      authenticationSchemes: [
        {
          type: 'oauthbearertoken',
          name: 'Bearer token',
          description: 'A SCIM token of the account, as `Authorization: Bearer …`',
          primary: true,
        },
      ],
      ...meta('ServiceProviderConfig', 'ServiceProviderConfig'),
    },
  }
}
