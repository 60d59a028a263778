import { describe, expect, it } from "vitest";
import type { Definition } from "../src/journeys/canvas/definition";
import { daysOf, freshStep, stepsOf, withSteps, type Step } from "../src/journeys/steps";

const entry: Definition["entry"] = { type: "trigger", on: { type: "event", name: "Contact Added" } };
const empty: Definition = { format: 1, entry, nodes: [] };
const three = (): Step[] => {
  const steps: Step[] = [];
  for (const kind of ["task", "message", "tag"] as const) steps.push(freshStep(steps, kind));
  return steps.map((step, at) => ({ ...step, days: at * 2, at: at === 1 ? "09:30" : undefined }));
};

describe("a programme", () => {
  it("is written as a journey and read back", () => {
    const steps = three();
    const drawn = withSteps(empty, steps);
    const back = stepsOf(drawn);
    expect(back?.map((step) => [step.days, step.at, step.node.id, step.node.do.type])).toEqual(steps.map((step) => [step.days, step.at, step.node.id, step.node.do.type]));
    expect(withSteps(drawn, back ?? [])).toEqual(drawn);
    expect(daysOf(steps)).toEqual([1, 3, 7]);
  });
  it("keeps what it says and how people come in", () => {
    const steps = three();
    const [first] = steps;
    if (!first) throw new Error("three steps");
    first.node = { ...first.node, name: "回访", do: { ...first.node.do, with: { title: "回访" } } as Step["node"]["do"] };
    const drawn = withSteps({ ...empty, again: "always" }, steps);
    expect([drawn.entry, drawn.again]).toEqual([entry, "always"]);
    expect(stepsOf(drawn)?.[0]?.node).toMatchObject({ name: "回访", do: { with: { title: "回访" } } });
  });
  it("is not what branches, waits by hours, or has nodes nobody comes to", () => {
    const drawn = withSteps(empty, three());
    const node = (id: string) => drawn.nodes.find((own) => own.id === id);
    const task = node("step_1");
    if (task?.do.type !== "task") throw new Error("a task");
    const other = { id: "other", do: { type: "exit" as const } };
    expect(stepsOf({ ...drawn, nodes: [...drawn.nodes.filter((own) => own !== task), { ...task, do: { ...task.do, late: "other" } }, other] })).toBeNull();
    expect(stepsOf({ ...drawn, nodes: [...drawn.nodes, other] })).toBeNull();
    expect(stepsOf({ ...drawn, start: "gone" })).toBeNull();
    const hours = drawn.nodes.map((own) => (own.do.type === "wait" ? { ...own, do: { ...own.do, for: { amount: 2, unit: "hour" as const } } } : own));
    expect(stepsOf({ ...drawn, nodes: hours })).toBeNull();
    expect(stepsOf({ ...drawn, nodes: drawn.nodes.map((own) => (own.do.type === "exit" ? { ...own, do: { ...own.do, outcome: "done" } } : own)) })).toBeNull();
  });
  it("without steps is an exit", () => {
    expect(stepsOf(withSteps(empty, []))).toEqual([]);
    expect(stepsOf(empty)).toEqual([]);
  });
});
