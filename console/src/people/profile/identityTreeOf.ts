import type { Identity, IdentityNode, Merge } from "../../api/types";

export interface Branch { person: IdentityNode; merge: Merge | null; children: Branch[] }

/** Arranges people under those they were merged into by merges that still stand. Everybody appears exactly once. */
export function treeOf(identity: Identity, current: string): Branch[] {
  const byId = new Map(identity.people.map((person) => [person.id, person]));
  const into = new Map<string, Merge>();
  for (const merge of identity.merges) {
    if (merge.state === "active" && byId.has(merge.merged_id) && byId.has(merge.kept_id)) into.set(merge.merged_id, merge);
  }
  const placed = new Set<string>();
  const grow = (person: IdentityNode, merge: Merge | null): Branch => {
    placed.add(person.id);
    const children = identity.people.filter((other) => !placed.has(other.id) && into.get(other.id)?.kept_id === person.id);
    return { person, merge, children: children.map((child) => grow(child, into.get(child.id) ?? null)) };
  };
  const roots = identity.people.filter((person) => !into.has(person.id)).sort((a, b) => Number(b.id === current) - Number(a.id === current));
  const tree = roots.map((person) => grow(person, null));
  for (const person of identity.people) if (!placed.has(person.id)) tree.push(grow(person, null));
  return tree;
}
