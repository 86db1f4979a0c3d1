/* Finding real personal numbers before they leave the browser; the twin of practice/guard.py.

   Both pass the same vectors, tests/golden/guard.json. Only the kind of a number is ever sent, never the number. */

const WEIGHTS_10 = [2, 4, 10, 3, 5, 9, 4, 6, 8];
const WEIGHTS_11 = [7, 2, 4, 10, 3, 5, 9, 4, 6, 8];
const WEIGHTS_12 = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];

function weighted(digits, weights) {
  return weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0);
}

function isSnils(digits) {
  if (digits.length !== 11 || Number(digits.slice(0, 9)) <= 1001998) return false;
  const rest = weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101;
  return Number(digits.slice(9)) === (rest === 100 ? 0 : rest);
}

function isInn(digits) {
  const check = (weights, at) => (weighted(digits, weights) % 11) % 10 === Number(digits[at]);
  if (digits.length === 10) return check(WEIGHTS_10, 9);
  return digits.length === 12 && check(WEIGHTS_11, 10) && check(WEIGHTS_12, 11);
}

function isCard(digits) {
  if (digits[0] === "0") return false;
  const sum = Array.from(digits).reverse().reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

function kindOfTen(digits, shape) {
  if (digits.startsWith("00")) return null;
  if (shape === "4-6" || shape === "2-2-6") return "passport";
  if (digits[0] === "9") return "phone";
  if (isInn(digits)) return "inn";
  if (shape === "10") return "passport";
  return "348".includes(digits[0]) ? "phone" : null;
}

function kindOfEleven(digits, shape) {
  if (shape !== "3-3-3-2" && "78".includes(digits[0])) return digits.slice(1, 4) === "000" ? null : "phone";
  return isSnils(digits) ? "snils" : null;
}

function kindOf(groups) {
  const digits = groups.join("");
  const shape = groups.map((group) => group.length).join("-");
  if (digits.length === 10) return kindOfTen(digits, shape);
  if (digits.length === 11) return kindOfEleven(digits, shape);
  if (digits.length === 12) return isInn(digits) && !digits.startsWith("00") ? "inn" : null;
  return isCard(digits) ? "card" : null;
}

function windowsOf(groups) {
  const windows = [];
  groups.forEach((_, start) => {
    let length = 0;
    for (let end = start; end < groups.length && length <= 19; end += 1) {
      length += groups[end].length;
      if ([10, 11, 12, 16, 17, 18, 19].includes(length)) windows.push({ length, groups: groups.slice(start, end + 1) });
    }
  });
  return windows.sort((one, other) => other.length - one.length);
}

/* Name the kind of the first number that may belong to a living person, or null. Numbers of personas need no exception:
   their phones have the code 000, their passports begin with 00. */
function findReal(text) {
  const runs = String(text).match(/[0-9]+(?:[ \t\u00a0\u2009\u202f()\-\u2010-\u2015\u2212№]{1,3}[0-9]+)*/g) || [];
  for (const run of runs) {
    for (const { groups } of windowsOf(run.match(/[0-9]+/g))) {
      const kind = kindOf(groups);
      if (kind) return kind;
    }
  }
  return null;
}
