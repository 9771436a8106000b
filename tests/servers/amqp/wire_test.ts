/**
 * What the AMQP server does without a broker: bytes, addresses, URLs, who gets how much credit.
 * @module
 */
import { AmqpError, type AmqpParameters, AmqpServer, annotationsOf, modify } from "@repid/core/amqp";
import fc from "fast-check";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { toAddresses } from "../../../src/servers/amqp/address.ts";
import { type CreditState, planCredit } from "../../../src/servers/amqp/credit_plan.ts";
import { toHeaders, toPayload } from "../../../src/servers/amqp/decode.ts";
import { encodeMessage } from "../../../src/servers/amqp/encode.ts";
import { DeliveredBytes } from "../../../src/servers/amqp/delivered_bytes.ts";
import { toSettings } from "../../../src/servers/amqp/options.ts";
import { toAmqpParameters } from "../../../src/servers/amqp/parameters.ts";
import { Sections } from "../../../src/servers/amqp/sections.ts";
import { Credit, UnsettledDeliveries } from "../../../src/servers/amqp/session.ts";
import { rhea, type RheaDelivery, type RheaReceiver } from "../../../src/servers/amqp/rhea.ts";
import { test } from "../../harness.ts";

const DURABLE = "005370c003015601";
const text = new TextEncoder();
const decode = rhea.message.decode as unknown as (bytes: Uint8Array) => Record<string, unknown>;

/** Sections that Python's Repid wrote. */
const GOLDEN = {
  message:
    "005373c03e07a12430303030303030302d303030302d343030302d383030302d3030303030303030303030304040404040a3106170706c69636174696f6e2f6a736f6e005374c10e02a105746f706963a104676f6f64005375a0077b2261223a317d",
  empty: "005373c00401a10178005375a000",
  header: "005370c00d055601500a7000001388560043005373c00401a10178005375a000",
};

test("encodeMessage() writes what Python's Repid writes, after a header that says durable", () => {
  const message = {
    payload: text.encode('{"a":1}'),
    headers: { topic: "good", absent: undefined },
    contentType: "application/json",
    replyTo: undefined,
  };
  const properties = { messageId: "00000000-0000-4000-8000-000000000000" };
  assert.equal(hex(encodeMessage(message, { properties })), DURABLE + GOLDEN.message);
});

test("encodeMessage() writes an empty body, and leaves out what is not there", () => {
  assert.equal(hex(encodeMessage(empty(), { properties: { messageId: "x" } })), DURABLE + GOLDEN.empty);
});

test("encodeMessage() writes a whole header as Python's Repid does", () => {
  const header = { durable: true, priority: 10, ttl: 5_000, firstAcquirer: false, deliveryCount: 0 };
  assert.equal(hex(encodeMessage(empty(), { header, properties: { messageId: "x" } })), GOLDEN.header);
});

test("encodeMessage() writes every section so that rhea reads it", () => {
  const parameters: AmqpParameters = {
    header: { priority: 9, ttl: 70_000 },
    properties: {
      messageId: "m".repeat(300),
      userId: Uint8Array.of(1, 2),
      to: "to",
      subject: "subject",
      replyTo: "reply",
      correlationId: "correlation",
      contentEncoding: "gzip",
      creationTime: new Date(1_700_000_000_000),
      groupId: "group",
      groupSequence: 70_000,
      replyToGroupId: "rg",
    },
    deliveryAnnotations: { "x-d": 1 },
    messageAnnotations: { "x-m": "two" },
    footers: { "x-f": "three" },
  };
  const headers = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`h${index}`, "ö".repeat(200)]),
  );
  const message = { payload: new Uint8Array(70_000), headers, contentType: "text/plain", replyTo: undefined };
  const read = decode(encodeMessage(message, parameters));
  // rhea reads a boolean of two bytes as a number.
  assert.equal(Boolean(read["durable"]), true);
  assert.equal(read["priority"], 9);
  assert.equal(read["ttl"], 70_000);
  assert.equal(read["message_id"], "m".repeat(300));
  assert.equal(read["content_type"], "text/plain");
  assert.equal(read["reply_to"], "reply");
  assert.equal((read["creation_time"] as Date).valueOf(), 1_700_000_000_000);
  assert.equal(read["group_sequence"], 70_000);
  assert.equal(read["reply_to_group_id"], "rg");
  assert.deepEqual({ ...read["application_properties"] as object }, headers);
  assert.equal((read["delivery_annotations"] as Record<string, unknown>)["x-d"], 1);
  assert.equal((read["message_annotations"] as Record<string, unknown>)["x-m"], "two");
  assert.equal((read["footer"] as Record<string, unknown>)["x-f"], "three");
  assert.equal(toPayload(read["body"]).length, 70_000);
});

test("encodeMessage() refuses what AMQP has no room for", () => {
  for (const priority of [-1, 256, 1.5]) {
    assert.throws(() => encodeMessage(empty(), { header: { priority } }), TypeError);
  }
  assert.throws(() => encodeMessage(empty(), { properties: { subject: 1 as unknown as string } }), TypeError);
});

test("encodeMessage() and Sections are each other's inverse, for whatever text and bytes", () => {
  const short = fc.string({ unit: "binary", maxLength: 300 });
  const name = short.filter((text) => text !== "__proto__");
  const message = fc.record({
    payload: fc.uint8Array({ maxLength: 300 }),
    headers: fc.dictionary(name, short, { maxKeys: 150 }),
    contentType: fc.option(short, { nil: undefined }),
    replyTo: fc.option(short, { nil: undefined }),
  });
  fc.assert(fc.property(message, short, (given, messageId) => {
    const sections = new Sections(Buffer.from(encodeMessage(given, { properties: { messageId } })));
    assert.equal(hex(sections.payload), hex(given.payload));
    assert.deepEqual({ ...sections.headers() }, { ...given.headers });
    const { contentType, replyTo } = sections;
    assert.deepEqual({ contentType, replyTo, messageId: sections.messageId }, {
      contentType: given.contentType,
      replyTo: given.replyTo,
      messageId,
    });
    // What nearly every message is written by is the same as what the others are.
    const usual = decode(encodeMessage(given, {}));
    const full = decode(encodeMessage(given, { properties: { messageId: String(usual["message_id"]) } }));
    assert.deepEqual({ ...usual }, { ...full });
  }));
});

test("Sections leave to rhea what is not plain", () => {
  const encode = (message: unknown): Buffer => Buffer.from(rhea.message.encode(message));
  const known = {
    durable: true,
    delivery_count: 3,
    message_annotations: { "x-opt-why": "busy" },
    application_properties: { count: 7, text: "ö", absent: null, is: true },
    body: "grün",
  };
  const sections = new Sections(encode(known));
  assert.equal(new TextDecoder().decode(sections.payload), "grün");
  assert.deepEqual({ ...sections.headers() }, { count: "7", text: "ö", is: "true" });
  assert.equal(sections.annotations()["x-opt-why"], "busy");
  assert.equal(sections.deliveryCount, 3);
  const plain = new Sections(encode({ ...known, body: rhea.message.data_section(Buffer.from("x")) }));
  assert.equal(new TextDecoder().decode(plain.payload), "x");
  assert.deepEqual({ ...plain.headers() }, { count: "7", text: "ö", is: "true" });
  const parts = [Buffer.from("a"), Buffer.from("b")];
  const several = new Sections(encode({ body: rhea.message.data_sections(parts) }));
  assert.equal(new TextDecoder().decode(several.payload), "ab");
  const ids = new Sections(encode({ message_id: 7, body: rhea.message.data_section(Buffer.from("x")) }));
  assert.equal(ids.messageId, "7");
});

test("DeliveredBytes are bytes like any other", () => {
  const bytes = new DeliveredBytes(Uint8Array.of(1, 2, 3).buffer, 1, 2);
  assert.deepEqual([...bytes], [2, 3]);
  assert.equal(bytes.slice(1).constructor, Uint8Array);
  assert.equal(DeliveredBytes.deliveryOf(bytes.slice()), undefined);
  assert.equal(DeliveredBytes.deliveryOf(new Uint8Array()), undefined);
});

test("toPayload() makes bytes of every form of body", () => {
  assert.equal(hex(toPayload(undefined)), "");
  assert.equal(hex(toPayload(Uint8Array.of(1))), "01");
  assert.equal(hex(toPayload({ typecode: 0x75, content: Uint8Array.of(1) })), "01");
  const parts = [Uint8Array.of(1), Uint8Array.of(2, 3)];
  assert.equal(hex(toPayload({ typecode: 0x75, content: parts, multiple: true })), "010203");
  assert.equal(new TextDecoder().decode(toPayload("grün")), "grün");
  assert.equal(new TextDecoder().decode(toPayload({ a: 1 })), '{"a":1}');
  assert.equal(new TextDecoder().decode(toPayload({ typecode: 0x76, content: [1, "b"] })), '[1,"b"]');
});

test("toHeaders() makes text of application properties", () => {
  assert.deepEqual(toHeaders({ application_properties: { a: "x", b: 1, c: true, d: null } }), {
    a: "x",
    b: "1",
    c: "true",
  });
  assert.deepEqual(toHeaders({}), {});
});

test("toAddresses() name queues and exchanges as each broker wants them", () => {
  assert.equal(toAddresses("rabbitmq").publish("a/b ö!", undefined), "/queues/a%2Fb%20%C3%B6%21");
  assert.equal(toAddresses("rabbitmq").subscribe("a.b_c-d~"), "/queues/a.b_c-d~");
  assert.equal(toAddresses("rabbitmq").publish("events", "order.*"), "/exchanges/events/order.%2A");
  assert.equal(toAddresses("rabbitmq-v1").publish("q", undefined), "/amq/queue/q");
  assert.equal(toAddresses("rabbitmq-v1").publish("events", "key"), "/exchange/events/key");
  assert.equal(toAddresses("plain").subscribe("q/x"), "q/x");
});

test("toAddresses() leave an address alone that a message of another client wants its reply at", () => {
  assert.equal(toAddresses("rabbitmq").publish("/queues/a%20b", undefined), "/queues/a%20b");
  assert.equal(toAddresses("rabbitmq").publish("/exchanges/e/k", undefined), "/exchanges/e/k");
  assert.equal(toAddresses("rabbitmq").publish("/other", undefined), "/queues/%2Fother");
  assert.equal(toAddresses("rabbitmq-v1").publish("/queue/a", undefined), "/queue/a");
});

test("toSettings() decodes credentials and the virtual host", () => {
  const settings = toSettings("amqps://us%40er:p%2Fss@broker/my%2Fvhost", {});
  const { user, password, vhost, host, port, secure } = settings;
  assert.deepEqual({ user, password, vhost, host, port, secure }, {
    user: "us@er",
    password: "p/ss",
    vhost: "my/vhost",
    host: "broker",
    port: 5671,
    secure: true,
  });
  assert.equal(toSettings("amqp://[::1]:1234", {}).host, "::1");
  assert.equal(toSettings("amqp://localhost", {}).vhost, undefined);
});

test("AmqpServer says what it is, without credentials", () => {
  const server = new AmqpServer("amqp://me:secret@localhost/v");
  assert.equal(server.host, "localhost:5672");
  assert.equal(server.pathname, "/v");
  assert.equal(new AmqpServer("amqp://[::1]").host, "[::1]:5672");
});

test("AmqpServer refuses what is no URL of AMQP, and does not repeat it", () => {
  assert.throws(() => new AmqpServer("secret"), (error: Error) => {
    return error instanceof TypeError && !error.message.includes("secret");
  });
  assert.throws(() => new AmqpServer("http://localhost"), TypeError);
  assert.throws(() => new AmqpServer("amqp://localhost", { connectTimeout: 0 }), RangeError);
});

test("AmqpServer takes its own errors for passing or not, and no others", () => {
  const server = new AmqpServer("amqp://localhost");
  const lost = new AmqpError("lost", { scope: "connection", isRetriable: true });
  assert.equal(server.isRetriable(lost), true);
  assert.equal(server.isRetriable(new AmqpError("no", { scope: "connection", isRetriable: false })), false);
  assert.equal(server.isRetriable(new TypeError("misuse")), false);
});

test("toAmqpParameters() refuses what is none", () => {
  assert.throws(() => toAmqpParameters({ routingKeys: "x" }), /did you mean routingKey\?/);
  assert.throws(
    () => toAmqpParameters({ header: { prioritty: 1 } }),
    /an AMQP header .* did you mean priority\?/,
  );
  assert.throws(
    () => toAmqpParameters({ properties: { subjct: "" } }),
    /AMQP properties .* did you mean subject\?/,
  );
  assert.throws(() => toAmqpParameters({ header: 1 }), TypeError);
  assert.throws(() => toAmqpParameters({ to: "" }), TypeError);
  const parameters = { header: { durable: false }, to: "/queues/x" } satisfies AmqpParameters;
  assert.deepEqual(toAmqpParameters(parameters), { ...parameters, properties: undefined });
});

test("toAmqpParameters() takes Python's names too", () => {
  const properties = { message_id: "1", reply_to_group_id: "g" };
  assert.deepEqual(toAmqpParameters({ routing_key: "x", header: { first_acquirer: true }, properties }), {
    routingKey: "x",
    header: { firstAcquirer: true },
    properties: { messageId: "1", replyToGroupId: "g" },
  });
});

test("AmqpServer takes names as a strategy or as a function, and refuses what is neither", () => {
  assert.throws(
    () => new AmqpServer("amqp://localhost", { names: "rabbit" as never }),
    /nor one of rabbitmq, /,
  );
  const { publish, subscribe } = toAddresses((channel) => ({
    source: channel === "both" ? "/queues/in" : undefined,
    target: (key) => key === undefined ? "/queues/out" : `/exchanges/e/${key}`,
  }));
  assert.deepEqual([subscribe("both"), subscribe("a b")], ["/queues/in", "/queues/a%20b"]);
  assert.deepEqual([publish("both", undefined), publish("both", "k")], ["/queues/out", "/exchanges/e/k"]);
  assert.throws(
    () => toAddresses(() => ({ source: "" })).subscribe("a"),
    /channel "a" .* no non-empty string/,
  );
});

test("modify() and annotationsOf() refuse messages of other servers", () => {
  const message = { ...empty(), isActedOn: false, nack: () => Promise.resolve(true) };
  assert.throws(() => modify(message, {}), TypeError);
  assert.throws(() => annotationsOf(message), TypeError);
});

test("UnsettledDeliveries count only what is unsettled, however old", () => {
  const deliveries = new UnsettledDeliveries();
  const before = deliveries.available();
  const made = Array.from({ length: 5_000 }, (_, id) => ({ id }) as RheaDelivery);
  const held = made.map((delivery) => deliveries.hold(delivery));
  for (const delivery of held.slice(1)) deliveries.delete(delivery);
  assert.equal(deliveries.available(), before - 1);
  assert.equal(deliveries.by_id(0), held[0]);
  assert.equal(deliveries.by_id(1), undefined);
  // Nothing is ever said of what the sender settled.
  deliveries.hold({ id: 5_000, remote_settled: true } as RheaDelivery);
  assert.equal(deliveries.available(), before - 1);
});

test("Sections answer no headers where those cannot be read", () => {
  // A name, and a value of a type that there is not.
  const sections = new Sections(Buffer.from("005374c10502a101613f" + "005375a00178", "hex"));
  assert.equal(hex(sections.payload), "78");
  assert.deepEqual(sections.headers(), {});
});

test("Credit counts from where the peer does, across 2^32, and asks to drain only when told to", () => {
  const flows: unknown[] = [];
  const receiver = {
    remote: { attach: { initial_delivery_count: 2 ** 32 - 5 } },
    delivery_count: 0,
    credit: 0,
    drain: false,
    session: {
      _write_flow: ({ delivery_count, credit, drain }: RheaReceiver) =>
        flows.push([delivery_count, credit, drain]),
    },
  } as unknown as RheaReceiver;
  const credit = new Credit(receiver);
  credit.set(7, false);
  for (let received = 0; received < 7; received++) receiver.delivery_count++;
  credit.set(1, true);
  credit.set(3, false);
  assert.deepEqual(flows, [[2 ** 32 - 5, 7, false], [2, 1, true], [2, 3, false]]);
  // What rhea looks at by itself: there is always credit, and nothing is being drained.
  assert.deepEqual([receiver.credit, receiver.drain], [Infinity, false]);
});

test("planCredit() gives a lone channel everything", () => {
  const only = state();
  assert.deepEqual([...planCredit([only], 7, 1_000).grants.values()], [7]);
  assert.equal(planCredit([only], 0, 1_000).grants.size, 0);
});

test("planCredit() tops a lone channel up when half of what it may have is used", () => {
  assert.equal(planCredit([state({ credit: 51 })], 49, 1_000).grants.size, 0);
  assert.deepEqual([...planCredit([state({ credit: 50 })], 50, 1_000).grants.values()], [50]);
});

test("planCredit() gives each of several channels its window, and no more than there is", () => {
  const [calm, busy] = [state(), state({ window: 64 })];
  const plan = planCredit([calm, busy], 100, 1_000);
  assert.deepEqual([plan.grants.get(calm), plan.grants.get(busy)], [1, 64]);
  const scarce = planCredit([state({ window: 64 }), state({ window: 64 }), state({ window: 64 })], 10, 1_000);
  assert.equal([...scarce.grants.values()].reduce((sum, credit) => sum + credit), 10);
  assert.equal(scarce.grants.size, 3);
});

test("planCredit() takes the credit of a quiet channel for one that has none", () => {
  const [quiet, hungry] = [state({ credit: 1, activeAt: 900 }), state()];
  const plan = planCredit([hungry, quiet], 0, 1_000);
  assert.equal(plan.withdraw, quiet);
  assert.equal(plan.again, true);
  assert.equal(planCredit([hungry, { ...quiet, activeAt: 995 }], 0, 1_000).withdraw, undefined);
  assert.equal(planCredit([hungry, { ...quiet, isWithdrawing: true }], 0, 1_000).withdraw, undefined);
});

test("planCredit() lets channels that just had nothing come last", () => {
  const [empty, used] = [state({ emptyAt: 950 }), state()];
  assert.deepEqual([...planCredit([empty, used], 1, 1_000).grants.keys()], [used]);
  assert.deepEqual([...planCredit([{ ...empty, emptyAt: 500 }, used], 1, 1_000).grants.values()], [1]);
  assert.deepEqual([...planCredit([empty, state({ credit: 1 })], 1, 1_000).grants.keys()], [empty]);
});

function state(given: Partial<CreditState> = {}): CreditState {
  return { credit: 0, isWithdrawing: false, window: 1, activeAt: 0, emptyAt: 0, ...given };
}

function empty(): {
  payload: Uint8Array;
  headers: Record<string, string>;
  contentType: undefined;
  replyTo: undefined;
} {
  return { payload: new Uint8Array(), headers: {}, contentType: undefined, replyTo: undefined };
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
