/**
 * Returns a double as PostgreSQL prints it: with the fewest digits that identify it, and an exponent below 1e-4 and from 1e15 on.
 * @see https://www.postgresql.org/docs/17/datatype-numeric.html#DATATYPE-FLOAT
 */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) {
    return String(value);
  }
  const [digits = '', exponent = ''] = fewestDigits(value).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 15) {
    return Object.is(value, -0) ? '-0' : String(value);
  }
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Unlike JavaScript, PostgreSQL does not take digits that lie halfway to the next double. Only large whole numbers have such. */
function fewestDigits(value: number): string {
  let text = value.toExponential();
  for (let more = text.replace(/^-?\d\.?|e.*$/g, '').length + 1; isHalfway(text, value); more++) {
    text = value.toExponential(more);
  }
  return text;
}

function isHalfway(text: string, value: number): boolean {
  const size = Math.abs(value);
  const [digits = '', power] = text.replace(/[-.]/g, '').split('e');
  if (size < 2 ** 53 || digits.length > Number(power) + 1) {
    return false;
  }
  const whole = BigInt(digits.padEnd(Number(power) + 1, '0'));
  const further = whole > BigInt(size) ? `${whole}.1` : `${whole - 1n}.9`;
  return Number(further) !== size;
}
