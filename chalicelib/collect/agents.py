"""Who fetched a pixel or followed a link, judged by its User-Agent and network: person, proxy or scanner.

A label on the hit, never a different answer. Bursts and timing are judged
later over all hits of a message (`profile/machines.py`), when the first of a
burst can still be relabelled; this module refuses to look at more than one hit.
"""

import re

PERSON, PROXY, SCANNER = "person", "proxy", "scanner"

# Image caches of mail services: they fetch for a reader, or ahead of one. Bare "Mozilla/5.0" is Apple's
# privacy proxy, which fetches every image of every mail.
_PROXY = re.compile(r"GoogleImageProxy|ggpht|YahooMailProxy|YahooCacheSystem|(?:Mail|Image)Proxy|imgproxy", re.I)
_BARE = re.compile(r"Mozilla/5\.0\s*")

# What programs call themselves: words of the trade, libraries that speak HTTP, and an address on the
# web or in mail of their owner, which people's browsers do not carry.
_SCANNER = re.compile(
    r"""
    (?<!cu)bot\b | (?<!cu)bot[/_;,\-\s0-9.)] | bots\b | botpoke | crawl | spider | slurp | scrap(?:e|er|y|ing) | xrawler
  | preview | prefetch | fetch(?:er|/|\b) | scan(?:ner|ning|/|\b) | monitor | check(?:er|r/|\b) | validator
  | discovery | resolver | parser | retriever | capture | copier | sucker | track(?:er|r)\b | watch(?:er|towr)
  | headless | phantomjs | puppeteer | playwright | selenium | lighthouse | synthetic | ptst/ | gtmetrix
  | archiv | index(?:er|ing) | search(?!\sapp) | favicon | screenshot | optimi[sz]er | generator | inspect
  | https?:// | www\. | \w@\w | \[at\] | \(at\) | \b[a-z0-9-]{3,}\.(?:com|net|org|io|ai|fr|eu|bg|ly|gy)\b
  | curl | wget | libwww | lwp- | python | urllib | httpx?/ | httpclient | http-client | http_ | httpagent | httpunit
  | aiohttp | okhttp | java/ | \(java\) | jakarta | apache-http | axios | node-fetch | undici | got/ | guzzle | php/
  | perl | ruby | faraday | go-http | ^go\b | \brust | reqwest | dart | winhttp | lua- | postman | insomnia | indy\s
  | zgrab | nmap | masscan | nikto | openvas | whatweb | dast
  | facebookexternalhit | facebookcatalog | whatsapp | telegrambot | skype | slack-imgproxy | discord | embed
  | barracuda | mimecast | proofpoint | trendmicro | symantec | safelinks | urldefense | forcepoint | fireeye
  | feed | rss | uptime | \bping(?:dom|ping)? | site24x7 | statuscake | analy[sz]er | audit | survey | security
  | mediapartners | google(?:-\w|agent|other|association) | \bagent\b | agent/ | manus- | httrack | hotjar | linktiger
  | insights? | verify\b | verifier | electron/ | \w+ai/\d
  | datanyze | outbrain | splash\s | collapsify | hardenize | silktide | dareboost | foregenix | rigor | sindup
    """,
    re.IGNORECASE | re.VERBOSE,
)

# Browsers say which engine draws the page; mail programs and telephones say which one they are.
_ENGINE = re.compile(r"Gecko|WebKit|KHTML|MSIE|Trident|Presto|Opera|NetFront|Konqueror|Firefox|Netscape|\[en\]", re.I)
_DEVICE = re.compile(
    r"Outlook|Microsoft Office|Thunderbird|AppleMail|Apple Mail|Airmail|Spark|Lotus|CFNetwork|Darwin|Dalvik|Android"
    r"|i(?:Phone|Pad|OS)|Windows|Macintosh|MIDP|Symbian|BlackBerry|Nokia|SAMSUNG|SonyEricsson|LG[-E]|Opera|UCWEB",
    re.I,
)


def classify(user_agent: str, method: str = "GET", network: str = "") -> str:
    """`person`, `proxy` or `scanner`. No User-Agent, a HEAD request and a scanner's network mean no person."""
    agent = user_agent.strip()[:500]
    if _PROXY.search(agent) or _BARE.fullmatch(agent):
        return PROXY
    if not agent or method != "GET" or network or _SCANNER.search(agent):
        return SCANNER
    known = _ENGINE if agent.startswith("Mozilla/") else _DEVICE
    return PERSON if known.search(agent) else SCANNER
