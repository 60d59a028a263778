import { useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import type { Person } from "../../api/types";

/** What to do after a change: show the answer at once, and let everything derived from this person be asked again. */
export function usePersonChanged(asked: string): (person?: Person) => void {
  const client = useQueryClient();
  return (person) => {
    if (person) client.setQueryData(keys.person(asked), person);
    void client.invalidateQueries({ queryKey: keys.person(asked) });
    void client.invalidateQueries({ queryKey: ["people"] });
    void client.invalidateQueries({ queryKey: keys.tags });
  };
}
