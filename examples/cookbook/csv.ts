/**
 * CPU-bound work on CSV files. The example `audience.ts` runs it in a separate process.
 */

/** Counts the distinct email addresses of each country. Expects the columns `email,country`. */
export function countByCountry(file: Uint8Array): string {
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  for (const line of new TextDecoder().decode(file).split("\n").slice(1)) {
    const [email, country] = line.trim().split(",");
    if (email === undefined || country === undefined || seen.has(email)) continue;
    seen.add(email);
    counts.set(country, (counts.get(country) ?? 0) + 1);
  }
  const rows = [...counts].sort().map(([country, count]) => `${country},${count}`);
  return ["country,users", ...rows, ""].join("\n");
}
