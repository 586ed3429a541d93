"""English names of countries, as exports write them, → ISO 3166 alpha-2. Refuses to guess at misspellings."""

_NAMES = """
AE united arab emirates|uae
AR argentina
AT austria
AU australia
BA bosnia and herzegovina
BD bangladesh
BE belgium
BG bulgaria
BH bahrain
BO bolivia
BR brazil
BY belarus
CA canada
CH switzerland
CL chile
CN china|people's republic of china|mainland china
CO colombia
CR costa rica
CY cyprus
CZ czech republic|czechia
DE germany
DK denmark
DO dominican republic
DZ algeria
EC ecuador
EE estonia
EG egypt
ES spain
FI finland
FR france
GB united kingdom|great britain|uk|england|scotland|wales|northern ireland
GE georgia
GR greece
GT guatemala
HK hong kong|hong kong sar
HR croatia
HU hungary
ID indonesia
IE ireland
IL israel
IN india
IS iceland
IT italy
JO jordan
JP japan
KE kenya
KH cambodia
KR south korea|korea, republic of|republic of korea|korea
KW kuwait
KZ kazakhstan
LB lebanon
LK sri lanka
LT lithuania
LU luxembourg
LV latvia
MA morocco
MC monaco
MD moldova
ME montenegro
MK north macedonia
MM myanmar
MN mongolia
MO macao|macau
MT malta
MU mauritius
MX mexico
MY malaysia
NG nigeria
NL netherlands|the netherlands|holland
NO norway
NP nepal
NZ new zealand
OM oman
PA panama
PE peru
PH philippines
PK pakistan
PL poland
PR puerto rico
PT portugal
PY paraguay
QA qatar
RO romania
RS serbia
RU russia|russian federation
SA saudi arabia
SE sweden
SG singapore
SI slovenia
SK slovakia
TH thailand
TN tunisia
TR turkey|türkiye|turkiye
TW taiwan
UA ukraine
US united states|united states of america|usa
UY uruguay
VE venezuela
VN vietnam|viet nam
ZA south africa
"""
_CODES = {name: line[:2] for line in _NAMES.split("\n") if line for name in line[3:].split("|")}


def code_of(name: str) -> str:
    """Two capital letters, or '' for a name that is not listed."""
    return _CODES.get(" ".join(name.lower().split()), "")
