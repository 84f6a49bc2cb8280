/** JSON Schema (2020-12), as far as this interface needs it. The compiler holds a shape to its type of `model/api.ts`. */

export type Schema = Readonly<Record<string, unknown>>;

/** A property that may be absent. */
export interface Optional {
  readonly optional: Schema;
}

/** One schema for each property of `View`: a name that is missing, too much, or wrongly optional does not compile. */
export type PropertiesOf<View> = {
  readonly [Name in keyof View]-?: undefined extends View[Name] ? Optional : Schema;
};

export const string: Schema = { type: 'string' };
export const boolean: Schema = { type: 'boolean' };
export const count: Schema = { type: 'integer', minimum: 0 };
export const number: Schema = { type: 'number' };
export const time: Schema = { type: 'string', format: 'date-time' };
export const id: Schema = { type: 'string', description: 'opaque' };

export const optional = (schema: Schema): Optional => ({ optional: schema });
export const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
export const listOf = (items: Schema): Schema => ({ type: 'array', items });
export const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });
export const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });

/** An object of this type. Clients must expect further properties: later versions add some. */
export function objectOf<View>(properties: PropertiesOf<View>, description?: string): Schema {
  const given = Object.entries<Schema | Optional>(properties);
  const required = given.filter(([, schema]) => !isOptional(schema)).map(([name]) => name);
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries(
      given.map(([name, schema]) => [name, isOptional(schema) ? schema.optional : schema]),
    ),
    ...(required.length > 0 ? { required } : {}),
  };
}

function isOptional(schema: Schema | Optional): schema is Optional {
  return 'optional' in schema;
}

/** A reference to another shape. */
export const shape = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
