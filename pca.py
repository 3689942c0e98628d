import numpy as np
from PIL import Image
D='/work/shared/data/emoji32/'
def load(s):
    im=np.asarray(Image.open(D+f'emoji32_{s}.png').convert('RGB')).astype(np.float32)/255
    lab=np.fromfile(D+f'emoji32_{s}.labels',dtype=np.uint8); n=len(lab)
    h=im.shape[0]//32
    x=im.reshape(h,32,64,32,3).transpose(0,2,1,3,4).reshape(-1,32*32*3)[:n]
    return x,lab
x,l=load('train');v,lv=load('val');print(x.shape,v.shape,x.mean())
def psnr(a,b): 
    a=np.clip(a,0,1); return (10*np.log10(1/((a-b)**2).mean(1))).mean()
m=x.mean(0);print('mean',psnr(np.broadcast_to(m,v.shape),v))
cm=np.stack([x[l==c].mean(0) for c in range(22)]);print('class mean',psnr(cm[lv],v),psnr(cm[l],x))
for name,(xa,va,back) in {'global':(x-m,v-m,lambda r:r+m),'within class':(x-cm[l],v-cm[lv],lambda r:r+cm[lv])}.items():
    u,s,vt=np.linalg.svd(xa,full_matrices=False)
    for k in (1,2,4,8,16,32,64,128,256,512):
        r=va@vt[:k].T@vt[:k]; print(name,k,round(psnr(back(r),v),2),end=' | ')
    print()
