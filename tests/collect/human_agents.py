"""User-Agents of people's browsers and mail programs, made from tables of versions as their makers document them.

    Chrome, Edge, Opera   the reduced form, developer.chrome.com/docs/privacy-security/user-agent-client-hints and
                          learn.microsoft.com/microsoft-edge/web-platform/user-agent-guidance
    Firefox               developer.mozilla.org, "Firefox user agent string reference"
    Safari, iOS views     webkit.org: the frozen platform part, with Version/ and Mobile/
    Samsung Internet      developer.samsung.com/internet/user-agent-string-format
    in-app browsers       the WebView form of developer.chrome.com/docs/webview/user-agent with the app's own suffix
    mail programs         Outlook, Thunderbird, Apple Mail, Samsung Email as ua-parser's uap-core tests document them

Nothing here is copied from a list of agents: each line is put together from a platform, a product and a version.
"""

from itertools import product

_WINDOWS = ("Windows NT 10.0; Win64; x64", "Windows NT 6.1; Win64; x64", "Windows NT 10.0; WOW64")
_MAC = "Macintosh; Intel Mac OS X 10_15_7"
_LINUX = ("X11; Linux x86_64", "X11; Ubuntu; Linux x86_64", "X11; CrOS x86_64 14541.0.0")
_PHONES = (
    "K", "SM-S911B", "SM-A546E", "Pixel 8 Pro", "M2101K6G", "CPH2449", "V2227A", "moto g power (2022)", "CUBOT X50",
    "CUBOT_NOTE_S", "HUAWEI P30", "TECNO KI7", "Redmi Note 12", "Nokia G42", "XQ-CT54", "SH-53C", "LM-K525", "Nord 3",
    "Robin", "Archos 50", "Searay S1", "vivo 1906", "Infinix X6823", "itel P665L",
)  # fmt: skip
_IOS = ("15_8_2", "16_7_8", "17_5_1", "18_1", "18_6_2", "26_0")
_CHROME = range(98, 146, 3)


def agents() -> list[str]:
    """Every combination the tables make, each once."""
    return list(dict.fromkeys([*_desktop(), *_android(), *_apple(), *_mail(), *_elsewhere()]))


def _desktop():
    for platform, version in product((*_WINDOWS, _MAC, *_LINUX), _CHROME):
        chrome = f"Mozilla/5.0 ({platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
        yield chrome
        yield f"{chrome} Edg/{version}.0.0.0"
        yield f"{chrome} OPR/{version - 14}.0.0.0"
        yield f"{chrome} Vivaldi/6.{version % 10}"
        yield f"{chrome} YaBrowser/{version // 6}.1.0 Yowser/2.5"
    for platform, version in product((*_WINDOWS, "Macintosh; Intel Mac OS X 10.15", *_LINUX), range(100, 148, 4)):
        yield f"Mozilla/5.0 ({platform}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
    for version in ("14.1.2", "15.6.1", "16.6", "17.5", "18.1", "26.0"):
        yield f"Mozilla/5.0 ({_MAC}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Safari/605.1.15"
    yield "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
    yield "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763"  # noqa: E501


def _android():
    suffixes = (
        "", " EdgA/{v}.0.0.0", " OPR/{o}.0.0.0", " DuckDuckGo/5", " [FBAN/FB4A;FBAV/480.0.0.54.88;]",
        " Instagram 345.0.0.48.95 Android", " Line/14.9.0/IAB", " KAKAOTALK 10.8.3", " GSA/15.30.31.28.arm64",
        " Telegram-Android/11.3.3 (Samsung SM-S911B; Android 14; SDK 34; HIGH)", " Snapchat/12.90.0.46",
        " MicroMessenger/8.0.50.2701(0x28003253) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64",
        " BytedanceWebview/d8a21c6 musical_ly_2023", " baiduboxapp/13.60.0.10", " Shopping/4.2 Trustpilot/3.1",
    )  # fmt: skip
    for (number, phone), version in product(enumerate(_PHONES), (110, 121, 131, 139)):
        head = f"Mozilla/5.0 (Linux; Android {10 + number % 6}; {phone}"
        chrome = f"AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Mobile Safari/537.36"
        for suffix in suffixes:
            yield f"{head}) {chrome}" + suffix.format(v=version, o=version - 54)
        yield f"{head}) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2{version % 8}.0 Chrome/{version}.0.0.0 Mobile Safari/537.36"  # noqa: E501
        yield f"{head}; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/{version}.0.6478.71 Mobile Safari/537.36"  # noqa: E501
        yield f"Mozilla/5.0 (Android {10 + number % 6}; Mobile; rv:{version}.0) Gecko/{version}.0 Firefox/{version}.0"
        yield f"Mozilla/5.0 (Linux; U; Android 9; zh-cn; {phone} Build/PKQ1) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/{version}.0 MQQBrowser/14.5 Mobile Safari/537.36"  # noqa: E501


def _apple():
    for device, version in product(("iPhone; CPU iPhone OS", "iPad; CPU OS"), _IOS):
        head = f"Mozilla/5.0 ({device} {version} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        safari = version.replace("_", ".")
        yield f"{head} Version/{safari} Mobile/15E148 Safari/604.1"
        yield f"{head} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1"
        yield f"{head} FxiOS/132.0 Mobile/15E148 Safari/605.1.15"
        yield f"{head} EdgiOS/131.0.2903.68 Version/{safari} Mobile/15E148 Safari/604.1"
        yield f"{head} GSA/343.0.695551749 Mobile/15E148 Safari/604.1"
        yield f"{head} Mobile/15E148"
        yield f"{head} Mobile/15E148 Instagram 345.0.2.25.97 (iPhone14,5; iOS {version}; en_GB; scale=3.00; 1170x2532)"
        yield f"{head} Mobile/15E148 [FBAN/FBIOS;FBAV/486.0.0.66.70;FBDV/iPhone15,2;FBMD/iPhone;FBSN/iOS]"
        yield f"{head} Mobile/15E148 MicroMessenger/8.0.53(0x18003531) NetType/4G Language/ja"


def _mail():
    for windows, build in product(("Windows NT 10.0; WOW64", "Windows NT 6.1; Win64; x64"), range(4266, 17531, 663)):
        yield f"Mozilla/4.0 (compatible; MSIE 7.0; {windows}; Trident/7.0; Microsoft Outlook 16.0.{build}; ms-office; MSOffice 16)"  # noqa: E501
        yield f"Microsoft Office/16.0 ({windows.split(';')[0]}; Microsoft Outlook 16.0.{build}; Pro)"
    for build in range(0, 40, 2):
        yield f"Outlook-iOS/7{build:02}.2620504.prod.iphone (4.24{build:02}.0)"
        yield f"Outlook-Android/4.24{build:02}.0 (Android 14)"
        yield f"MacOutlook/16.{60 + build}.24081116 (Intel x64 Mac OS X Version 14.5 (Build 23F79))"
    for platform, version in product(
        (_WINDOWS[0], "X11; Linux x86_64", "Macintosh; Intel Mac OS X 10.15"), range(78, 146, 5)
    ):
        yield f"Mozilla/5.0 ({platform}; rv:{version}.0) Gecko/20100101 Thunderbird/{version}.{version % 9}.0"
    for version in ("605.1.15", "606.1.36", "618.2.12"):
        yield f"Mozilla/5.0 ({_MAC}) AppleWebKit/{version} (KHTML, like Gecko)"
    for version in ("21F90", "22A380", "22G86"):
        yield f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/{version}"  # noqa: E501
    for phone in _PHONES:
        yield f"Mozilla/5.0 (Linux; Android 13; {phone} Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36 SamsungEmail/6.1.90.16"  # noqa: E501


def _elsewhere():
    yield "Opera/9.80 (Android; Opera Mini/76.0/191.308; U; en) Presto/2.12.423 Version/12.16"
    yield "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) 94.0.4606.31/7.0 TV Safari/537.36"  # noqa: E501
    yield "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36"
    yield "Mozilla/5.0 (PlayStation; PlayStation 5/6.50) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Safari/605.1.15"  # noqa: E501
    yield "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/124.5.5 like Chrome/124.0.6367.207 Safari/537.36"  # noqa: E501
