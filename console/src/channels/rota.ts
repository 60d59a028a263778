// A rota is seven days of 24 marks, Monday first: "1" on duty.

export type Rota = string[];

const DAYS = 7;
const HOURS = 24;

export const always: Rota = Array.from({ length: DAYS }, () => "1".repeat(HOURS));

/** Every day, or only on some (0 is Monday), from one hour up to another. */
export function hours(from: number, to: number, days: readonly number[] = [0, 1, 2, 3, 4, 5, 6]): Rota {
  const on = Array.from({ length: HOURS }, (_, hour) => (hour >= from && hour < to ? "1" : "0")).join("");
  return Array.from({ length: DAYS }, (_, day) => (days.includes(day) ? on : "0".repeat(HOURS)));
}

export function isOn(rota: Rota, day: number, hour: number): boolean {
  return rota[day]?.[hour] === "1";
}

/** Sets every hour of a rectangle. */
export function paint(rota: Rota, from: { day: number; hour: number }, to: { day: number; hour: number }, on: boolean): Rota {
  const [top, bottom] = [Math.min(from.day, to.day), Math.max(from.day, to.day)];
  const [left, right] = [Math.min(from.hour, to.hour), Math.max(from.hour, to.hour)];
  return rota.map((marks, day) => (day < top || day > bottom ? marks : [...marks].map((mark, hour) => (hour < left || hour > right ? mark : on ? "1" : "0")).join("")));
}

export function isAlways(rota: Rota): boolean {
  return rota.length === 0 || rota.every((marks) => !marks.includes("0"));
}

/** How many are on duty in each hour of the week. */
export function coverage(rotas: Rota[]): number[][] {
  return Array.from({ length: DAYS }, (_, day) => Array.from({ length: HOURS }, (_, hour) => rotas.filter((rota) => isAlways(rota) || isOn(rota, day, hour)).length));
}

/** Hours of the week in which nobody is on duty. */
export function gaps(rotas: Rota[]): number {
  return coverage(rotas).flat().filter((count) => count === 0).length;
}

export function total(rota: Rota): number {
  return rota.length === 0 ? DAYS * HOURS : rota.reduce((sum, marks) => sum + [...marks].filter((mark) => mark === "1").length, 0);
}
