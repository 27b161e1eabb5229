/** Three parts, the second of them base64url. No pattern contains a question mark: the driver takes it for a parameter. */
const SHAPE = String.raw`^[^.]*\.[A-Za-z0-9_-]+=*\.[^.]*$`;

/**
 * What json would reject, or what would have to be validated as UTF-8: bytes that are not ASCII, as
 * `encode(…, 'escape')` writes them, and escaped characters. They are replaced by a line break.
 */
const UNREADABLE = String.raw`\\([0-7]{3}|\\u[0-9a-fA-F]{4})`;

/** A JSON number, or text that the WebMACS server would read as one. */
const NUMBER = String.raw`^("|)(-|)[0-9]+(\.[0-9]+|)([eE]([-+]|)[0-9]([0-9]|)|)("|)$`;

/**
 * Returns a scalar subquery with the expiry of the JWT in `column`, in seconds since 1970: infinity where its `exp` is
 * missing or not a number, null where the text is not a JWT, whose second part is a JSON object. Nothing is verified, and
 * no text makes it fail. It is SQL so that a prune of a million tokens need not fetch them, and written for speed:
 * `offset 0` keeps the planner from repeating a step for each mention of its result, and `replace` is ten times as fast as
 * `translate`.
 */
export function expirySql(column: string): string {
  const base64 = `replace(replace(split_part(split_part(${column}, '.', 2), '=', 1), '-', '+'), '_', '/')`;
  const readable = `replace(regexp_replace(bytes.text, '${UNREADABLE}', '${String.raw`\\\\n`}', 'g'), '\\\\', '\\')`;
  return `(
    select case when claim.exp ~ '${NUMBER}' then btrim(claim.exp, '"')::numeric else 'infinity' end
      from (select (payload.json::json -> 'exp')::text as exp
              from (select case when position('\\' in bytes.text) = 0 then bytes.text else ${readable} end as json
                      from (select encode(decode(part.base64 || repeat('=', -length(part.base64) & 3), 'base64'), 'escape') as text
                              from (select ${base64} as base64 where ${column} ~ '${SHAPE}' offset 0) part
                             where length(part.base64) % 4 <> 1 offset 0) bytes offset 0) payload
             where payload.json is json object offset 0) claim)`;
}
