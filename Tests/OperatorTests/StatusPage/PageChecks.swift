import Testing

/// What every page must be like, asked in the browser itself.
enum PageChecks {
  /// Nothing is wider than the window.
  static func fits(_ tab: BrowserTab, _ page: String) async throws {
    let wide = try await tab.value(
      """
      document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(e).clipPath === 'none')
        .slice(0, 5).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))
      """)
    let width = try await tab.value("document.documentElement.scrollWidth - innerWidth")
    #expect(width == "0", "\(page) scrolls sideways: \(wide)")
  }

  /// Each text stands out from its ground as WCAG AA asks: 4.5, large text 3.
  static func contrasts(_ tab: BrowserTab, _ page: String) async throws {
    let faint = try await tab.value(
      """
      (() => {
        const part = c => (c /= 255, c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        const numbers = c => c.match(/[\\d.]+/g).map(Number);
        const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
        const ground = e => {
          for (; e; e = e.parentElement) {
            const c = numbers(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c;
          }
          return numbers(getComputedStyle(document.documentElement).backgroundColor);
        };
        const found = [];
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
          const e = walk.currentNode.parentElement;
          if (!walk.currentNode.data.trim() || !e.checkVisibility()) continue;
          const style = getComputedStyle(e);
          const [a, b] = [light(numbers(style.color)), light(ground(e))].sort((x, y) => y - x);
          const needed = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
          if ((a + 0.05) / (b + 0.05) < needed)
            found.push(((a + 0.05) / (b + 0.05)).toFixed(2) + ' ' + e.className + ': ' + e.textContent.slice(0, 40));
        }
        return found.slice(0, 5);
      })()
      """)
    #expect(faint == "[]", "\(page) is hard to read: \(faint)")
  }

  /// Landmarks, names and order for those who do not see the page.
  static func isAccessible(_ tab: BrowserTab, _ page: String) async throws {
    let faults = try await tab.value(
      """
      (() => {
        const all = s => [...document.querySelectorAll(s)];
        const faults = [];
        const need = (holds, what) => { if (!holds) faults.push(what); };
        need(document.documentElement.lang === 'en', 'language');
        need(document.title.length > 3, 'title');
        for (const one of ['main', 'header', 'footer', 'h1', 'nav[aria-label]'])
          need(all(one).length === 1, 'one ' + one);
        for (const e of all('section'))
          need(e.ariaLabel || document.getElementById(e.getAttribute('aria-labelledby')), 'a section without a name');
        for (const e of all('table')) need(e.caption && e.caption.textContent, 'a table without a caption');
        for (const e of all('input')) need(e.labels.length === 1, 'an input without a label');
        for (const e of all('progress, svg[role=img]')) need(e.ariaLabel, e.tagName + ' without a label');
        for (const e of all('svg:not([role])')) need(e.ariaHidden === 'true', 'an unnamed drawing');
        for (const e of all('a, button')) need(e.textContent.trim(), 'a link without a text');
        need(new Set(all('[id]').map(e => e.id)).size === all('[id]').length, 'an id twice');
        const levels = all('h1, h2, h3').map(e => +e.tagName[1]);
        need(levels.every((l, i) => i === 0 ? l === 1 : l - levels[i - 1] <= 1), 'a skipped heading');
        return faults;
      })()
      """)
    #expect(faults == "[]", "\(page): \(faults)")
  }
}
