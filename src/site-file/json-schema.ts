import * as z from 'zod/mini';
import { number, SITE_FORMAT } from './format.ts';

/** Returns the JSON Schema of a site file, for editors; variables such as `${NAME}` may stand for numbers too. */
export function siteSchema(): object {
  return {
    $id: 'https://stefanposs.github.io/webmacs/site.schema.json',
    title: 'A WebMACS site',
    ...z.toJSONSchema(SITE_FORMAT, {
      io: 'input',
      override({ zodSchema, jsonSchema }) {
        if (zodSchema === number) {
          delete jsonSchema.anyOf;
          jsonSchema.type = 'number';
        }
      },
    }),
  };
}
