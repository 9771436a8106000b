import assert from "node:assert/strict";
import { type } from "arktype";
import {
  type ConfirmationMode,
  isAction,
  isManual,
  type Outcome,
} from "../../src/declaration/confirmation.ts";
import { defineMessage, type Message, Router } from "../../mod.ts";
import { test } from "../harness.ts";
import { handleOne, json } from "../execution/one_message.ts";

type Told = readonly ("ack" | "nack" | "reject")[];

/** What the broker is told in the end, for each mode and each way a run can end, where no policy is given. */
const TABLE: Readonly<Record<ConfirmationMode, Readonly<Record<Outcome["kind"], Told>>>> = {
  auto: {
    returned: ["ack"],
    threw: ["nack"],
    invalid: ["nack"],
    "timed-out": ["reject"],
    interrupted: ["reject"],
  },
  always_ack: {
    returned: ["ack"],
    threw: ["ack"],
    invalid: ["ack"],
    "timed-out": ["ack"],
    interrupted: ["reject"],
  },
  ack_first: {
    returned: ["ack"],
    threw: ["ack"],
    invalid: ["ack"],
    "timed-out": ["ack"],
    interrupted: ["ack"],
  },
  manual: { returned: [], threw: [], invalid: [], "timed-out": ["reject"], interrupted: ["reject"] },
  manual_explicit: { returned: [], threw: [], invalid: [], "timed-out": ["reject"], interrupted: ["reject"] },
};
const MODES = Object.keys(TABLE) as ConfirmationMode[];
const ENDINGS = Object.keys(TABLE.auto) as Outcome["kind"][];

/** Ends a run in one of the five ways. */
function endAs(kind: Outcome["kind"], actor: object) {
  return handleOne(
    { payload: type({ n: "number" }), ...actor },
    (_, { signal }) => {
      if (kind === "returned") return "no_action";
      if (kind === "threw") throw new Error("threw");
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    {
      message: json(kind === "invalid" ? { n: "1" } : { n: 1 }),
      meanwhile: (abort) => {
        // Not before the handler watches its signal, wherever it is made.
        if (kind === "timed-out" || kind === "interrupted") setTimeout(() => abort(kind), 0);
      },
    },
  );
}

for (const mode of MODES) {
  for (const kind of ENDINGS) {
    const told = TABLE[mode][kind];
    test(`CONFIRMATION: ${mode}, ${kind}: ${told.join() || "nothing"}`, async () => {
      const { outcome, settlements, timers } = await endAs(kind, { confirmationMode: mode });
      assert.equal(outcome.kind, kind);
      assert.deepEqual(settlements, told);
      assert.equal(timers, 0);
    });
  }
}

for (const mode of ["auto", "manual", "manual_explicit"] as const) {
  for (const action of ["ack", "nack", "reject", "no_action"] as const) {
    if (action === "no_action" && mode === "auto") continue;
    const told = action === "no_action" ? [] : [action];
    for (const kind of ["threw", "invalid"] as const) {
      test(`onError: ${action} in the mode ${mode}, ${kind}`, async () => {
        const asWord = await endAs(kind, { confirmationMode: mode, onError: action });
        assert.deepEqual(asWord.settlements, told);
        const asFunction = await endAs(kind, {
          confirmationMode: mode,
          onError: () => Promise.resolve(action),
        });
        assert.deepEqual(asFunction.settlements, told);
      });
    }
    test(`onTimeout: ${action} in the mode ${mode}`, async () => {
      const other = { confirmationMode: mode, onError: "ack", onTimeout: action };
      assert.deepEqual((await endAs("timed-out", other)).settlements, told);
    });
  }
}

for (const action of ["ack", "nack", "reject", "no_action"] as const) {
  test(`manual_explicit: acts on the ${action} that the handler returns`, async () => {
    const { settlements, outcome } = await handleOne({ confirmationMode: "manual_explicit" }, () => action);
    assert.deepEqual(settlements, action === "no_action" ? [] : [action]);
    assert.equal(outcome.kind, "returned");
  });
}

for (const nonsense of ["acked", undefined, 0, Symbol("ack"), Object.create(null), { toString: 1 }]) {
  test(`manual_explicit: ${typeof nonsense} returned instead of an action counts as thrown`, async () => {
    const actor = { confirmationMode: "manual_explicit", onError: "nack" } as const;
    const { settlements, outcome } = await handleOne(actor, () => nonsense);
    assert.deepEqual(settlements, ["nack"]);
    assert.equal(outcome.kind, "threw");
  });
}

test("onError: one that throws counts as nack, and is reported", async () => {
  const onError = () => {
    throw new Error("policy");
  };
  for (const confirmationMode of ["auto", "manual", "manual_explicit"] as const) {
    const { settlements, events } = await endAs("threw", { confirmationMode, onError });
    assert.deepEqual(settlements, ["nack"]);
    assert.ok(events.includes("actor.policy.error"));
  }
});

test("onError: nonsense counts as nack, and is reported", async () => {
  for (const nonsense of ["acked", "no_action", undefined, null, {}, Object.create(null), 1]) {
    const { settlements, events } = await endAs("threw", { onError: () => nonsense });
    assert.deepEqual(settlements, ["nack"]);
    assert.ok(events.includes("actor.policy.error"));
  }
});

test("onError: may be slow, and may send before it decides", async () => {
  const { settlements, published } = await handleOne({
    onError: async (error: unknown, message: Message) => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      await message.sendMessage({ channel: "later", payload: String(error) });
      return "ack";
    },
  }, () => {
    throw new Error("once");
  });
  assert.deepEqual(settlements, ["ack"]);
  assert.equal(published[0]?.channel, "later");
});

test("onError: is told what was thrown, and the message", async () => {
  const seen: unknown[] = [];
  const cause = new Error("cause");
  await handleOne({
    onError: (error: unknown, { channel, messageId }: Message) => {
      seen.push(error, channel, messageId);
      return "nack";
    },
  }, () => {
    throw cause;
  });
  assert.deepEqual(seen, [cause, "c", "1"]);
});

test("onError: is not asked about a message that the handler settled", async () => {
  for (const confirmationMode of MODES) {
    let asked = false;
    const decides = confirmationMode !== "always_ack" && confirmationMode !== "ack_first";
    const { settlements } = await handleOne(
      { confirmationMode, ...(decides && { onError: () => (asked = true, "nack" as never) }) },
      async (_, { message }) => {
        await message.reject();
        throw new Error("later");
      },
    );
    assert.deepEqual(settlements, [confirmationMode === "ack_first" ? "ack" : "reject"]);
    assert.equal(asked, false);
  }
});

test("Message: only its first action counts, and later ones say so", async () => {
  const { settlements } = await handleOne({ confirmationMode: "manual" }, async (_, { message }) => {
    assert.deepEqual([message.isActedOn, message.action], [false, undefined]);
    assert.equal(await message.nack(), true);
    assert.deepEqual([message.isActedOn, message.action], [true, "nacked"]);
    assert.equal(await message.ack(), false);
    assert.equal(await message.reject(), false);
    assert.equal(await message.reply({ channel: "answers", payload: "" }), false);
  });
  assert.deepEqual(settlements, ["nack"]);
});

test("manual: a message left unsettled is warned about, in manual_explicit it is not", async () => {
  const event = "actor.run.unsettled";
  assert.ok((await endAs("returned", { confirmationMode: "manual" })).events.includes(event));
  assert.ok(!(await endAs("returned", { confirmationMode: "manual_explicit" })).events.includes(event));
});

test("ack_first: does not run where the message belongs to somebody else by now", async () => {
  for (const answer of ["done", "lost"] as const) {
    let ran = false;
    const { settlements } = await handleOne({ confirmationMode: "ack_first" }, () => ran = true, { answer });
    assert.deepEqual([ran, settlements], [answer === "done", ["ack"]]);
  }
});

test("Router.actor(): refuses policies that its mode does not know, at run time as well", () => {
  const router = new Router();
  const refused = [
    { confirmationMode: "always_ack", onError: "nack" },
    { confirmationMode: "ack_first", onError: () => "nack" },
    { confirmationMode: "ack_first", onTimeout: "nack" },
    { onError: "no_action" },
    { onError: "acked" },
    { confirmationMode: "manual", onTimeout: "later" },
    { confirmationMode: "sometimes" },
  ];
  for (const options of refused) {
    assert.throws(() => router.actor({ name: "a", ...options } as never, () => {}), TypeError);
  }
});

test("isAction(): knows no_action in the manual modes only", () => {
  for (const mode of MODES) {
    assert.equal(isAction("no_action", mode), isManual(mode));
    assert.equal(isAction("ack", mode), true);
    assert.equal(isAction("acked", mode), false);
  }
});

test("defineMessage(): refuses a contract without a name", () => {
  for (const name of [undefined, "", 1]) {
    assert.throws(() => defineMessage({ name } as never), /Cannot define a message as its name is not/);
  }
});
