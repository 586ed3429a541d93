"""Countries as exports write them, in English or in three letters, → ISO 3166 alpha-2. Refuses to guess at
misspellings."""

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
_THREE_LETTERS = (  # ISO 3166-1: alpha-2 and alpha-3 of each, together
    "ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB "
    "BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR "
    "BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR "
    "CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK "
    "FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS "
    "GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN "
    "ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO "
    "LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD "
    "MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER "
    "NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM "
    "PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP "
    "SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF "
    "TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY "
    "UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE "
)
_CODES = {each[2:].lower(): each[:2] for each in _THREE_LETTERS.split()} | {
    name: line[:2] for line in _NAMES.split("\n") if line for name in line[3:].split("|")
}


def code_of(name: str) -> str:
    """Two capital letters of a name or of three letters, or '' for what is not listed."""
    return _CODES.get(" ".join(name.lower().split()), "")
