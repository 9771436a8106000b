/**
 * The gate: everything that must hold before a change lands. `deno task ok`.
 *
 * Each step runs even where an earlier one failed, so that one run tells everything. The last line counts tests, and each
 * other step as one: `N passed, N failed, N skipped`.
 * @module
 */

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Finds the counts of a test run in its output. Other steps count as one. */
  readonly count?: (output: string) => Counts | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const DENO = Deno.execPath();
const { exports } = JSON.parse(await Deno.readTextFile("deno.json")) as { exports: Record<string, string> };
const ENTRY_POINTS = Object.values(exports);
const TESTS = "tests/";

/** One after the other; the steps of one stage at the same time, as tests mostly wait for brokers to come back. */
const STAGES: readonly (readonly Step[])[] = [
  [{ name: "install", command: [DENO, "install", "--frozen"] }],
  [{ name: "format", command: [DENO, "fmt", "--check"] }],
  [{ name: "lint", command: [DENO, "lint"] }],
  [{ name: "check", command: [DENO, "check", "."] }],
  [{ name: "documentation", command: [DENO, "doc", "--lint", ...ENTRY_POINTS] }],
  [{ name: "publish", command: [DENO, "publish", "--dry-run", "--allow-dirty", "--quiet"] }],
  [{
    name: "examples in the documentation",
    command: [DENO, "test", "-A", "--doc", "mod.ts", "src/", "docs/", "README.md"],
    count: countDeno,
  }],
  // Packages of the benchmarks' peers are their own: nothing else fetches or checks them.
  [{ name: "peers of the benchmarks", command: [DENO, "task", "--cwd", "bench/peers", "ok"] }],
  [{
    name: "benchmark, only that it runs",
    command: [
      ...[DENO, "run", "-A", "bench/compare.ts", "--server", "memory", "--quick"],
      ...["--modes", "drain,memory", "--concurrency", "100", "--out", ".artifacts/bench"],
    ],
  }],
  [
    {
      name: "tests on Deno",
      command: [DENO, "test", "-A", "--sanitize-ops", "--sanitize-resources", TESTS],
      count: countDeno,
    },
    { name: "tests on Bun", command: [...await findBun(), "test", TESTS], count: countBun },
  ],
];

/** An installed Bun, or the one that npm has. */
async function findBun(): Promise<string[]> {
  try {
    const { success } = await new Deno.Command("bun", { args: ["--version"], stdout: "null" }).output();
    if (success) return ["bun"];
  } catch {
    // Not installed.
  }
  return ["npx", "-y", "bun@1"];
}

// deno-lint-ignore no-control-regex -- the escape character is what a colour begins with
const COLOUR = /\x1b\[[0-9;]*m/g;

/** Runs a command; its output is shown as it comes or, where another's is, when that one has ended. */
async function run({ name, command, env = {} }: Step, before: Promise<unknown>): Promise<Result> {
  const start = performance.now();
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const shown = before.then(() => console.log(`\n=== ${name}: ${args.join(" ")}`));
  const parts = await Promise.all([collect(child.stdout, shown), collect(child.stderr, shown)]);
  const { success } = await child.status;
  const seconds = (performance.now() - start) / 1_000;
  return { success, output: parts.join("\n").replaceAll(COLOUR, ""), seconds };
}

interface Result {
  readonly success: boolean;
  readonly output: string;
  readonly seconds: number;
}

/** Reads at once, as a child whose output nobody reads stands still; shows from the moment it may. */
async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  mayShow: Promise<unknown>,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let showing = mayShow;
  for await (const chunk of stream) {
    showing = showing.then(() => Deno.stdout.write(chunk));
    text += decoder.decode(chunk, { stream: true });
  }
  await showing;
  return text;
}

function countDeno(output: string): Counts | undefined {
  const found = /(\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/
    .exec(output);
  return found
    ? { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3] ?? 0) }
    : undefined;
}

function countBun(output: string): Counts | undefined {
  const passed = /^\s*(\d+) pass$/m.exec(output);
  const failed = /^\s*(\d+) fail$/m.exec(output);
  const skipped = /^\s*(\d+) skip$/m.exec(output);
  return passed && failed
    ? { passed: Number(passed[1]), failed: Number(failed[1]), skipped: Number(skipped?.[1] ?? 0) }
    : undefined;
}

/** A run that printed no counts, or failed without a failed test, is one failure. */
function judge({ count }: Step, success: boolean, output: string): Counts {
  const counts = count?.(output);
  if (success) {
    return count && !counts
      ? { passed: 0, failed: 1, skipped: 0 }
      : counts ?? { passed: 1, failed: 0, skipped: 0 };
  }
  return {
    passed: counts?.passed ?? 0,
    failed: Math.max(1, counts?.failed ?? 0),
    skipped: counts?.skipped ?? 0,
  };
}

const isWanted = ({ name }: Step): boolean => Deno.args.length === 0 || Deno.args.includes(name);
const results: { step: Step; counts: Counts; seconds: number }[] = [];
for (const stage of STAGES) {
  let before: Promise<unknown> = Promise.resolve();
  const running = stage.filter(isWanted).map((step) => {
    const result = run(step, before);
    before = result;
    return { step, result };
  });
  for (const { step, result } of running) {
    const { success, output, seconds } = await result;
    results.push({ step, counts: judge(step, success, output), seconds });
  }
}

console.log();
for (const { step, counts, seconds } of results) {
  const mark = counts.failed === 0 ? "ok    " : "FAILED";
  console.log(
    `${mark} ${step.name} (${counts.passed}, ${counts.failed}, ${counts.skipped}) in ${seconds.toFixed(1)} s`,
  );
}
const total = (key: keyof Counts): number => results.reduce((sum, { counts }) => sum + counts[key], 0);
const failed = total("failed");
console.log(`\n${total("passed")} passed, ${failed} failed, ${total("skipped")} skipped`);
Deno.exit(failed === 0 ? 0 : 1);
