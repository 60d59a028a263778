import { useI18n } from "../i18n";

/** A property in the reader's words, where it is one that every event may carry. */
export function usePropertyName(): (name: string) => string {
  const { word } = useI18n();
  return (name) => {
    const known = word("see.prop", name);
    return known === name ? name : known;
  };
}
