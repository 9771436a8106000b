/**
 * The runs behind the figures of the README, one after another: three quarters of an hour on two cores that nobody else uses.
 *
 * `deno task bench:final` runs all, `deno task bench:final redis amqp` those whose name begins so. The results are merged
 * into `bench/results/`.
 * @module
 */

/** Each with its name and what `bench:compare` is called with. */
const RUNS: readonly (readonly [name: string, args: string])[] = [
  [
    "redis drain",
    "--server redis --modes drain --contenders repid,ioredis by hand,ioredis deleting,BullMQ,Bee-Queue",
  ],
  ["redis publish", "--server redis --modes publish --concurrency 100,1000"],
  ["amqp drain", "--server amqp --modes drain --concurrency 1,100,1000"],
  ["amqp publish", "--server amqp --modes publish --concurrency 100"],
  ["pubsub drain", "--server pubsub-fake --modes drain --concurrency 100,1000"],
  ["pubsub publish", "--server pubsub-fake --modes publish --concurrency 100"],
  ["memory drain", "--server memory --modes drain --concurrency 1,100,1000"],
  [
    "redis sleep",
    "--server redis --modes sleep,latency --rounds 2 --contenders repid,ioredis by hand,BullMQ",
  ],
  ["amqp sleep", "--server amqp --modes sleep,latency --rounds 2 --contenders repid,rhea by hand,amqplib"],
  ["memory sleep", "--server memory --modes sleep --rounds 2 --contenders repid,bare loop"],
  ["redis heap", "--server redis --modes memory,processes --rounds 2 --contenders repid,ioredis by hand"],
  ["amqp heap", "--server amqp --modes memory,processes --rounds 2 --contenders repid,rhea by hand"],
  ["redis backlog", "--server redis --modes backlog --rounds 1 --contenders repid"],
];

const wanted = Deno.args.length === 0
  ? RUNS
  : RUNS.filter(([name]) => Deno.args.some((one) => name.startsWith(one)));
let failed = 0;
for (const [name, args] of wanted) {
  const began = performance.now();
  console.log(`\n=== ${name}: deno task bench:compare ${args}`);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "bench/compare.ts", ...toArguments(args)],
  }).spawn().status;
  if (!success) failed++;
  console.log(
    `=== ${name}: ${((performance.now() - began) / 60_000).toFixed(1)} min${success ? "" : ", FAILED"}`,
  );
}
await new Deno.Command(Deno.execPath(), { args: ["run", "-A", "bench/aims.ts"] }).spawn().status;
Deno.exit(failed === 0 ? 0 : 1);

/** Options begin with dashes; what follows them is theirs, spaces included. */
function toArguments(args: string): string[] {
  return args.split(/\s(?=--)/).flatMap((one) => {
    const [name = "", ...value] = one.split(" ");
    return [name, value.join(" ")];
  });
}
