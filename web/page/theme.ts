/** Light, dark, or as the system has it; remembered where the browser allows it. */
import { find } from './dom.js';

const KEY = 'superpoint-theme';

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param onChange is called after the colours have changed, also by the system. */
export function followTheme(onChange: () => void): void {
  const menu = find<HTMLSelectElement>(document, '#theme');
  menu.value = remembered() ?? 'auto';
  const apply = () => {
    document.documentElement.dataset.theme = menu.value;
    onChange();
  };
  menu.addEventListener('input', () => {
    apply();
    try {
      localStorage.setItem(KEY, menu.value);
    } catch {
      // A browser that remembers nothing still changes its colours.
    }
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  apply();
}
