"""Scripts other than Latin: letters with their Latin forms, and names with theirs."""

# ruff: noqa: RUF001  # The letters are meant to look as they do.

CYRILLIC = (
    "а:a б:b в:v г:h ґ:g д:d е:e є:ye ж:zh з:z и:y і:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t "
    "у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ъ: ы:y ь: э:e ю:yu я:ya ё:yo ї:yi"
)
GREEK = (
    "α:a ά:a β:v γ:g δ:d ε:e έ:e ζ:z η:i ή:i θ:th ι:i ί:i ϊ:i ΐ:i κ:k λ:l μ:m ν:n ξ:x ο:o ό:o "
    "π:p ρ:r σ:s ς:s τ:t υ:y ύ:y ϋ:y ΰ:y φ:f χ:ch ψ:ps ω:o ώ:o"
)
SPECIAL = "ß:ss ł:l ı:i ø:o đ:d æ:ae œ:oe"
SMALL = dict(pair.split(":") for pair in f"{CYRILLIC} {GREEK} {SPECIAL}".split())
LARGE = {letter.upper(): form.title() for letter, form in SMALL.items()}
ROMANIZED = str.maketrans(SMALL | {letter: LARGE[letter] for letter in LARGE if len(letter) == 1})

WRITTEN_OUT = {
    "ar_SA": {
        "female": "فاطمة Fatima, عائشة Aisha, مريم Maryam, ليلى Layla, نور Nour, سارة Sara, "
        "هدى Huda, زينب Zainab, رنا Rana, سلمى Salma, دينا Dina, أمينة Amina, ياسمين Yasmin, "
        "منى Mona, هالة Hala, ريم Reem",
        "male": "محمد Mohammed, أحمد Ahmad, علي Ali, عمر Omar, يوسف Yousef, حسن Hassan, "
        "خالد Khaled, إبراهيم Ibrahim, طارق Tariq, سامي Sami, كريم Karim, مصطفى Mustafa, "
        "زياد Ziad, بلال Bilal, فادي Fadi, وائل Wael",
        "last": "الحسن Alhassan, حداد Haddad, خوري Khoury, منصور Mansour, سليمان Suleiman, "
        "الأحمد Alahmad, صالح Saleh, ناصر Nasser, درويش Darwish, قاسم Qasim, عباس Abbas, "
        "حمدان Hamdan, الخطيب Alkhatib, شاهين Shahin, عيسى Issa, مراد Murad, يعقوب Yaqoub, "
        "رشيد Rashid, بكري Bakri, نجار Najjar, حلبي Halabi, غانم Ghanem, جابر Jaber",
    },
    "he_IL": {
        "female": "נועה Noa, תמר Tamar, יעל Yael, מיכל Michal, רחל Rachel, שירה Shira, "
        "אביגיל Avigail, מאיה Maya, דנה Dana, רוני Roni, לאה Leah, הדס Hadas",
        "male": "דוד David, יוסף Yosef, נועם Noam, איתי Itai, משה Moshe, אורי Ori, דניאל Daniel, "
        "יונתן Yonatan, עומר Omer, אריאל Ariel, גיא Guy, אלון Alon",
        "last": "כהן Cohen, לוי Levi, מזרחי Mizrahi, פרץ Peretz, ביטון Biton, דהן Dahan, "
        "אברהם Avraham, פרידמן Friedman, מלכה Malka, אזולאי Azoulay, כץ Katz, יוסף Yosef, "
        "עמר Amar, חדד Hadad, גבאי Gabai, שפירא Shapira, רוזן Rosen",
    },
    "hi_IN": {
        "female": "प्रिया Priya, अनिता Anita, सुनीता Sunita, पूजा Pooja, नेहा Neha, कविता Kavita, "
        "मीरा Meera, अंजलि Anjali, दीपा Deepa, लक्ष्मी Lakshmi, रेखा Rekha, सीता Sita",
        "male": "राहुल Rahul, अमित Amit, विजय Vijay, संजय Sanjay, अर्जुन Arjun, राजेश Rajesh, "
        "मोहन Mohan, अनिल Anil, सुरेश Suresh, विक्रम Vikram, रवि Ravi, किरण Kiran",
        "last": "शर्मा Sharma, वर्मा Verma, गुप्ता Gupta, सिंह Singh, पटेल Patel, कुमार Kumar, "
        "मिश्रा Mishra, जोशी Joshi, यादव Yadav, रेड्डी Reddy, नायर Nair, मेहता Mehta, "
        "चौधरी Chaudhary, अग्रवाल Agarwal, दास Das, राव Rao, कपूर Kapoor",
    },
    "ja_JP": {
        "female": "陽子 Yoko, 美咲 Misaki, さくら Sakura, 恵子 Keiko, 由美子 Yumiko, 葵 Aoi, "
        "結衣 Yui, 直美 Naomi, 花子 Hanako, 真由美 Mayumi",
        "male": "健一 Kenichi, 太郎 Taro, 翔太 Shota, 大輔 Daisuke, 拓也 Takuya, 蓮 Ren, "
        "誠 Makoto, 浩 Hiroshi, 直樹 Naoki, 悠斗 Yuto",
        "last": "佐藤 Sato, 鈴木 Suzuki, 高橋 Takahashi, 田中 Tanaka, 伊藤 Ito, 渡辺 Watanabe, "
        "山本 Yamamoto, 中村 Nakamura, 小林 Kobayashi, 加藤 Kato, 吉田 Yoshida, 山田 Yamada, "
        "森 Mori",
    },
    "zh_CN": {
        "female": "芳 Fang, 娜 Na, 秀英 Xiuying, 敏 Min, 静 Jing, 丽 Li, 婷婷 Tingting, 雪 Xue, "
        "玉兰 Yulan, 欣怡 Xinyi, 梅 Mei, 晓燕 Xiaoyan",
        "male": "伟 Wei, 强 Qiang, 磊 Lei, 洋 Yang, 勇 Yong, 军 Jun, 杰 Jie, 建国 Jianguo, "
        "浩然 Haoran, 明 Ming, 志强 Zhiqiang, 子轩 Zixuan",
        "last": "王 Wang, 李 Li, 张 Zhang, 刘 Liu, 陈 Chen, 杨 Yang, 黄 Huang, 赵 Zhao, 吴 Wu, "
        "周 Zhou, 徐 Xu, 孙 Sun, 马 Ma, 朱 Zhu, 胡 Hu, 郭 Guo, 林 Lin",
    },
}  # fmt: skip
